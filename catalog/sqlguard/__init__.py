"""Judges SQL typed by people or models: one SELECT, made of known parts, over visible tables.

Everything is an allow-list: of syntax nodes, of clauses, of functions, of types, of tables. What
runs afterwards is never the text that came in but what sqlglot writes from the judged tree, without
comments, with the tables' own names and with a bounded LIMIT. This is the first of three layers: a
read-only session and the engine's own limits of time and memory stay necessary.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from sqlglot import exp, parse
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel
from sqlglot.tokenizer_core import TokenType

from catalog.sqlguard.errors import SqlRefused
from catalog.sqlguard.limit import clamp
from catalog.sqlguard.masking import check_masked
from catalog.sqlguard.syntax import check_syntax
from catalog.sqlguard.tables import resolve_tables

__all__ = ["Guarded", "SqlRefused", "guard", "native_parameters"]

MAX_LENGTH = 20_000
_DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "sqlserver": "tsql", "mssql": "tsql"}
_PREFIXES = {"duckdb": "$", "sqlite": ":"}

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what we refuse anyway


@dataclass(frozen=True, slots=True)
class Guarded:
    """``sql`` is what may run; ``parameters`` are the names it wants values for."""

    sql: str
    tables: frozenset[str]
    parameters: frozenset[str] = frozenset()


def guard(
    sql: str,
    *,
    dialect: str,
    tables: Collection[str],
    max_rows: int,
    masked: Collection[str] = (),
    parameters: Collection[str] = (),
) -> Guarded:
    """The harmless twin of ``sql``, or ``SqlRefused``.

    ``dialect`` is sqlglot's name or ours; ``tables`` the visible ones (``table`` or
    ``schema.table``); ``masked`` the ``table.column`` names that must not be touched;
    ``parameters`` the names there are values for.
    """
    dialect = _DIALECTS.get(dialect, dialect)
    try:
        return _judged(sql, dialect, tables, max_rows, masked, parameters)
    except SqlRefused:
        raise
    except Exception as error:  # whatever confuses the parser has no business in a database
        raise SqlRefused(
            "This SQL cannot be read.", _reason(error) or "Check brackets, quotes and commas."
        ) from None


def native_parameters(sql: str, dialect: str, parameters: Collection[str]) -> str:
    """``:name`` as ``dialect`` writes it. For DuckDB, which has ``$name``."""
    if not parameters or _PREFIXES.get(dialect, ":") == ":":
        return sql
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    except Exception:  # the guard says what is wrong with it
        return sql
    parts, position = [], 0
    for colon, name in pairwise(tokens):
        adjacent = colon.token_type is TokenType.COLON and name.start == colon.end + 1
        if adjacent and name.text in parameters and not sql[: colon.start][-1:].isalnum():
            parts += [sql[position : colon.start], _PREFIXES[dialect]]
            position = colon.end + 1
    return "".join([*parts, sql[position:]])


def _judged(
    sql: str,
    dialect: str,
    tables: Collection[str],
    max_rows: int,
    masked: Collection[str],
    parameters: Collection[str],
) -> Guarded:
    root = _parsed(sql, dialect)
    check_syntax(root, dialect)
    wanted = _parameters(root, parameters)
    used = resolve_tables(root, dialect, tables)
    check_masked(root, used, masked)
    written = _written(clamp(root, max_rows), dialect)
    check_syntax(_parsed(written, dialect), dialect)  # what was written is what was judged
    return Guarded(written, frozenset(name for _, name in used), frozenset(wanted))


def _parsed(sql: str, dialect: str) -> exp.Query:
    if len(sql) > MAX_LENGTH:
        raise SqlRefused(
            f"This SQL has {len(sql):,} characters; at most {MAX_LENGTH:,} are read.",
            "Make it shorter, for instance with a view in the database.",
        )
    if "\0" in sql:
        raise SqlRefused("This SQL holds a zero character.")
    statements = [s for s in parse(sql, read=dialect, error_level=ErrorLevel.RAISE) if s]
    if not statements:
        raise SqlRefused("There is no SQL here.", "Write a SELECT.")
    if len(statements) > 1:
        raise SqlRefused("Only one statement can be run at a time.", "Remove what follows the “;”.")
    root = statements[0]
    while isinstance(root, exp.Subquery) and root.is_wrapper:
        root = root.this
    if not isinstance(root, exp.Select | exp.SetOperation):
        raise SqlRefused(
            f"“{_first_word(sql)}” is not allowed: data can be read here, and nothing else.",
            "Write a SELECT.",
        )
    return root


def _parameters(root: exp.Query, known: Collection[str]) -> set[str]:
    names = {node.name for node in root.find_all(exp.Placeholder)}
    for name in sorted(names):
        if name not in known:
            raise SqlRefused(
                f"The parameter “{name or '?'}” has no value.", "Write parameters as :name."
            )
    return names


def _written(root: exp.Query, dialect: str) -> str:
    return root.sql(dialect=dialect, comments=False, unsupported_level=ErrorLevel.RAISE)


def _first_word(sql: str) -> str:
    words = sql.strip().strip("(").split()
    return words[0].upper()[:30] if words else ""


def _reason(error: Exception) -> str:
    """The parser's words without its terminal colours."""
    errors = getattr(error, "errors", None)
    if not errors:
        return ""
    first = errors[0]
    place = f" in line {first['line']}" if first.get("line") else ""
    near = f" near “{first['highlight'][:40]}”" if first.get("highlight") else ""
    return f"The trouble is{place}{near}."
