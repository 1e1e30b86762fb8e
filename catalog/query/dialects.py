"""What differs between SQL engines: quoting, parameters, time buckets, median, division.

DuckDB is spoken as PostgreSQL with ``$1`` parameters. Table and column names never pass through
SQLAlchemy's compiler, which reads ``%(x)s`` and ``__[POSTCOMPILE_x]`` even inside identifiers: the
statement is built with tokens (``"~7~"``) and ``Names`` puts the real, quoted names in at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from catalog.query.errors import QueryError
from catalog.query.spec import Grain

DialectName = Literal["duckdb", "sqlite", "postgresql", "mysql"]


class DuckDBDialect(PGDialect):
    """Compiles only; connections are DuckDB's own."""

    name = "duckdb"
    supports_statement_cache = True


@dataclass(frozen=True, slots=True)
class Engine:
    name: str
    dialect: Dialect
    quote: str = '"'
    placeholder: str = r"\?"

    @property
    def doubles_percent(self) -> bool:
        return self.dialect.paramstyle == "format"


def _dialect(kind: Any, paramstyle: str) -> Dialect:
    dialect: Dialect = kind(paramstyle=paramstyle)
    return dialect


ENGINES: dict[str, Engine] = {
    "duckdb": Engine("duckdb", _dialect(DuckDBDialect, "numeric_dollar"), placeholder=r"\$\d+"),
    "sqlite": Engine("sqlite", _dialect(sqlite.dialect, "qmark")),
    "postgresql": Engine("postgresql", _dialect(postgresql.dialect, "format"), placeholder="%s"),
    "mysql": Engine("mysql", _dialect(mysql.dialect, "format"), quote="`", placeholder="%s"),
}


@dataclass(slots=True)
class Names:
    """Tokens in place of names while a statement is built."""

    engine: Engine
    known: list[str] = field(default_factory=list)

    def token(self, name: str) -> str:
        if "\0" in name:
            raise QueryError("A table or column name holds a zero character.")
        self.known.append(name)
        return f"~{len(self.known) - 1}~"

    def quoted(self, name: str) -> str:
        """``name`` as a token in quotes, for ``literal_column``."""
        return f"{self.engine.quote}{self.token(name)}{self.engine.quote}"

    def restore(self, sql: str) -> str:
        quote = self.engine.quote
        return re.sub(rf"{quote}~(\d+)~{quote}", lambda match: self._real(int(match[1])), sql)

    def _real(self, index: int) -> str:
        quote, name = self.engine.quote, self.known[index]
        name = name.replace(quote, quote * 2)
        return quote + (name.replace("%", "%%") if self.engine.doubles_percent else name) + quote


class bucket(FunctionElement[Any]):
    """A date or datetime cut to the start of its hour, day, ISO week, month, quarter or year."""

    inherit_cache = False

    def __init__(self, grain: Grain, operand: ColumnElement[Any]) -> None:
        super().__init__(operand)
        self.grain = grain


class median(FunctionElement[Any]):
    inherit_cache = False


class ratio(FunctionElement[Any]):
    """Division as people mean it: 1 / 2 is 0.5, and dividing by zero gives nothing."""

    inherit_cache = False


class wide(FunctionElement[Any]):
    """A whole number in a type that a product does not overflow."""

    inherit_cache = False


class rounded(FunctionElement[Any]):
    inherit_cache = False


class iso_text(FunctionElement[Any]):
    """SQLite only: a stored date text as ``YYYY-MM-DD HH:MM:SS.SSS``, to compare moments."""

    inherit_cache = False


@compiles(bucket, "duckdb")
@compiles(bucket, "postgresql")
def _bucket_postgres(element: bucket, compiler: SQLCompiler, **kw: Any) -> str:
    cut = f"date_trunc('{element.grain.value}', {_operands(element, compiler, **kw)[0]})"
    return cut if element.grain is Grain.HOUR else f"CAST({cut} AS DATE)"


_SQLITE_BUCKETS = {
    Grain.HOUR: "strftime('%Y-%m-%d %H:00:00', {0})",
    Grain.DAY: "date({0})",
    Grain.WEEK: "date({0}, 'weekday 0', '-6 days')",
    Grain.MONTH: "strftime('%Y-%m-01', {0})",
    Grain.QUARTER: "date({0}, 'start of month', "
    "'-' || ((strftime('%m', {0}) - 1) % 3) || ' months')",
    Grain.YEAR: "strftime('%Y-01-01', {0})",
}
_MYSQL_BUCKETS = {  # without DATE_FORMAT: its percent signs would read as parameters
    Grain.HOUR: "TIMESTAMPADD(HOUR, HOUR({0}), CAST(DATE({0}) AS DATETIME))",
    Grain.DAY: "DATE({0})",
    Grain.WEEK: "DATE_SUB(DATE({0}), INTERVAL WEEKDAY({0}) DAY)",
    Grain.MONTH: "DATE_SUB(DATE({0}), INTERVAL DAYOFMONTH({0}) - 1 DAY)",
    Grain.QUARTER: "MAKEDATE(YEAR({0}), 1) + INTERVAL QUARTER({0}) - 1 QUARTER",
    Grain.YEAR: "MAKEDATE(YEAR({0}), 1)",
}


@compiles(bucket, "sqlite")
def _bucket_sqlite(element: bucket, compiler: SQLCompiler, **kw: Any) -> str:
    return _SQLITE_BUCKETS[element.grain].format(*_operands(element, compiler, **kw))


@compiles(bucket, "mysql")
def _bucket_mysql(element: bucket, compiler: SQLCompiler, **kw: Any) -> str:
    return _MYSQL_BUCKETS[element.grain].format(*_operands(element, compiler, **kw))


@compiles(median, "duckdb")
def _median_duckdb(element: median, compiler: SQLCompiler, **kw: Any) -> str:
    return f"median(CAST({_operands(element, compiler, **kw)[0]} AS DOUBLE))"


@compiles(median, "postgresql")
def _median_postgres(element: median, compiler: SQLCompiler, **kw: Any) -> str:
    operand = _operands(element, compiler, **kw)[0]
    return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {operand})"


@compiles(median, "sqlite")
def _median_sqlite(element: median, compiler: SQLCompiler, **kw: Any) -> str:
    """An aggregate that the connector registers on its connection."""
    return f"median({_operands(element, compiler, **kw)[0]})"


@compiles(median, "mysql")
def _median_mysql(element: median, compiler: SQLCompiler, **kw: Any) -> str:
    raise QueryError("MySQL cannot compute a median.", "Use the average, or minimum and maximum.")


@compiles(ratio)
def _ratio(element: ratio, compiler: SQLCompiler, **kw: Any) -> str:
    upper, lower = _operands(element, compiler, **kw)
    number = "DOUBLE PRECISION"
    return f"CAST({upper} AS {number}) / NULLIF(CAST({lower} AS {number}), 0)"


@compiles(ratio, "sqlite")
def _ratio_sqlite(element: ratio, compiler: SQLCompiler, **kw: Any) -> str:
    upper, lower = _operands(element, compiler, **kw)
    return f"CAST({upper} AS REAL) / NULLIF({lower}, 0)"


@compiles(ratio, "mysql")
def _ratio_mysql(element: ratio, compiler: SQLCompiler, **kw: Any) -> str:
    upper, lower = _operands(element, compiler, **kw)
    return f"(({upper}) * 1e0) / NULLIF({lower}, 0)"


@compiles(wide)
def _wide(element: wide, compiler: SQLCompiler, **kw: Any) -> str:
    return _operands(element, compiler, **kw)[0]


@compiles(wide, "duckdb")
def _wide_duckdb(element: wide, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({_operands(element, compiler, **kw)[0]} AS HUGEINT)"


@compiles(wide, "postgresql")
def _wide_postgres(element: wide, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({_operands(element, compiler, **kw)[0]} AS NUMERIC)"


@compiles(rounded)
def _rounded(element: rounded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"round({', '.join(_operands(element, compiler, **kw))})"


@compiles(rounded, "postgresql")
def _rounded_postgres(element: rounded, compiler: SQLCompiler, **kw: Any) -> str:
    value, places = _operands(element, compiler, **kw)
    return f"round(CAST({value} AS NUMERIC), {places})"


@compiles(iso_text, "sqlite")
def _iso_text_sqlite(element: iso_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', {_operands(element, compiler, **kw)[0]})"


def _operands(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(clause.self_group(), **kw) for clause in element.clauses]


def literal_text(text: str) -> ColumnElement[str]:
    """A constant of ours, written into the statement: never for text of people."""
    return sa.literal_column("'" + text.replace("'", "''") + "'")
