"""Which columns a query can speak of, and what they are called in its SQL."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement, quoted_name
from sqlalchemy.sql.selectable import FromClause

from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.dialects import Names
from catalog.query.errors import QueryError
from catalog.query.spec import Join, ReportQuery

NUMBERS = frozenset({"integer", "decimal", "number"})
MOMENTS = frozenset({"date", "datetime"})
TYPE_WORDS = {
    "integer": "whole numbers",
    "decimal": "numbers",
    "number": "numbers",
    "text": "text",
    "boolean": "yes or no",
    "date": "dates",
    "datetime": "dates with time",
    "time": "times of day",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A column as the query reaches it."""

    table: str
    info: ColumnInfo
    sql: ColumnElement[Any]
    masked: bool

    def require_open(self, what: str, path: str) -> None:
        """Masked columns may be shown (as dots) and counted; anything else would tell of them."""
        if self.masked:
            raise QueryError(
                f"“{self.info.label}” is hidden from you, so it cannot be used to {what}.",
                "Leave it out, or ask an administrator for access to sensitive columns.",
                path,
            )


class Scope:
    """The tables of one query. Columns of the main table go by their name, those of joined
    tables by ``table.column``."""

    def __init__(
        self,
        query: ReportQuery,
        tables: Sequence[TableInfo],
        names: Names,
        *,
        masked: Collection[str] = (),
        timezone: str = "UTC",
    ) -> None:
        self.names = names
        self.timezone = timezone
        self.masked = {name.casefold() for name in masked}
        self.available = {table.name: table for table in tables}
        self.base = self._table(query.table, "table")
        self.reached: dict[str, TableInfo] = {self.base.name: self.base}
        self.several = bool(query.joins)
        self.from_clause = self._from_clause(query.joins)

    def all_columns(self) -> list[Source]:
        """The columns of the main table, in its own order."""
        return [self._source(self.base, column) for column in self.base.columns]

    def column(self, name: str, path: str) -> Source:
        for table, plain in self._readings(name):
            for column in table.columns:
                if column.name == plain:
                    return self._source(table, column)
        raise QueryError(
            f"There is no column “{name}” in “{self.base.label}”.", self._suggest(name), path
        )

    def _readings(self, name: str) -> Iterable[tuple[TableInfo, str]]:
        yield self.base, name
        for table in self.reached.values():
            if name.startswith(table.name + "."):
                yield table, name[len(table.name) + 1 :]

    def _source(self, table: TableInfo, column: ColumnInfo) -> Source:
        prefix = self._qualified(table.name) + "." if self.several else ""
        sql: ColumnElement[Any] = sa.literal_column(prefix + self.names.quoted(column.name))
        if column.stats.get("aware") and self.names.engine.name == "postgresql":
            sql = sa.func.timezone(sa.literal_column(f"'{self.timezone}'"), sql)
        return Source(
            table.name, column, sql, f"{table.name}.{column.name}".casefold() in self.masked
        )

    def _table(self, name: str, path: str) -> TableInfo:
        if name not in self.available:
            near = difflib.get_close_matches(name, self.available, n=3)
            hint = f"Did you mean {_listed(near)}?" if near else "Choose a table of this source."
            raise QueryError(f"There is no table “{name}” in this source.", hint, path)
        return self.available[name]

    def _from_clause(self, joins: Sequence[Join]) -> FromClause:
        clause: FromClause = self._selectable(self.base.name)
        for index, join in enumerate(joins):
            clause = self._joined(clause, join, f"joins[{index}]")
        return clause

    def _joined(self, clause: FromClause, join: Join, path: str) -> FromClause:
        if join.table in self.reached:
            raise QueryError(
                f"“{join.table}” is already part of this query.",
                "Each table can be joined once.",
                f"{path}.table",
            )
        table = self._table(join.table, f"{path}.table")
        left = self.column(join.left_column, f"{path}.left_column")
        self.reached[table.name] = table
        right = self._right(table, join.right_column, f"{path}.right_column")
        left.require_open("join tables", f"{path}.left_column")
        right.require_open("join tables", f"{path}.right_column")
        _check_joinable(left.info, right.info, f"{path}.right_column")
        outer = join.kind == "left"
        return clause.join(self._selectable(table.name), left.sql == right.sql, isouter=outer)

    def _right(self, table: TableInfo, name: str, path: str) -> Source:
        for column in table.columns:
            if name in (column.name, f"{table.name}.{column.name}"):
                return self._source(table, column)
        raise QueryError(f"There is no column “{name}” in “{table.label}”.", "", path)

    def _selectable(self, name: str) -> FromClause:
        schema, plain = self._split(name)
        return sa.table(
            quoted_name(self.names.token(plain), True),
            schema=quoted_name(self.names.token(schema), True) if schema else None,
        )

    def _qualified(self, name: str) -> str:
        return ".".join(self.names.quoted(part) for part in self._split(name) if part)

    def _split(self, name: str) -> tuple[str, str]:
        """Servers name tables of other schemas ``schema.table``; files have no schemas."""
        if self.names.engine.name in ("postgresql", "mysql") and "." in name:
            schema, _, plain = name.partition(".")
            return schema, plain
        return "", name

    def _suggest(self, name: str) -> str:
        known = [column.name for column in self.base.columns]
        for table in self.reached.values():
            if table is not self.base:
                known += [f"{table.name}.{column.name}" for column in table.columns]
        near = difflib.get_close_matches(name, known, n=3) or known[:5]
        return f"Columns include {_listed(near)}."


def _check_joinable(left: ColumnInfo, right: ColumnInfo, path: str) -> None:
    if left.type == right.type:
        return
    if {left.type, right.type} <= NUMBERS or {left.type, right.type} <= MOMENTS:
        return
    raise QueryError(
        f"“{left.label}” holds {TYPE_WORDS[left.type]} and “{right.label}” holds "
        f"{TYPE_WORDS[right.type]}: they cannot be joined.",
        "Join columns of the same type.",
        path,
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
