"""Test and run for SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from catalog.connectors.base import Connection, Limits, SourceError, TableInfo, TestResult
from catalog.connectors.cells import type_of
from catalog.connectors.results import Clock, finished, named_columns, today_of, zone_of
from catalog.connectors.sqlite.introspection import introspect, known_tables
from catalog.connectors.sqlite.opening import opened, readers
from catalog.connectors.tables import table_info
from catalog.query.compile import compile_query
from catalog.query.literals import readable
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.sqlguard import guard


def test(connection: Connection) -> TestResult:
    clock = Clock()
    version = f"SQLite {sqlite3.sqlite_version}"
    try:
        tables = introspect(connection)
    except SourceError as error:
        return TestResult(False, f"{error.message} {error.hint}".strip(), version)
    if not tables:
        return TestResult(False, "The database can be read, but it has no tables.", version)
    words = "1 table" if len(tables) == 1 else f"{len(tables)} tables and views"
    return TestResult(True, f"The database can be read: {words}.", version, clock.milliseconds())


def run(
    connection: Connection,
    query: ReportQuery | SqlQuery,
    limits: Limits,
    context: Mapping[str, Any],
) -> Result:
    if isinstance(query, SqlQuery):
        return _run_sql(connection, query, limits, context)
    return _run_builder(connection, query, limits, context)


def _run_builder(
    connection: Connection, query: ReportQuery, limits: Limits, context: Mapping[str, Any]
) -> Result:
    clock = Clock()
    masked = context.get("masked") or ()
    compiled = compile_query(
        query,
        _tables(connection),
        dialect="sqlite",
        limit=limits.rows,
        today=today_of(context),
        timezone=zone_of(context),
        masked=masked,
    )
    may = readers(masked, compiled.measured)
    with opened(_path(connection), seconds=limits.seconds, authorizer=may) as database:
        rows = database.execute(compiled.sql, compiled.parameters).fetchall()
    sql = readable(compiled.sql, compiled.parameters, "sqlite")
    return finished(
        compiled.columns, rows, cap=compiled.cap, sql=sql, clock=clock, scales=compiled.scales
    )


def _run_sql(
    connection: Connection, query: SqlQuery, limits: Limits, context: Mapping[str, Any]
) -> Result:
    clock = Clock()
    masked = context.get("masked") or ()
    guarded = guard(
        query.sql,
        dialect="sqlite",
        tables=[table.name for table in _tables(connection)],
        max_rows=limits.rows + 1,
        masked=masked,
        parameters=query.parameters,
    )
    values = {name: _driver_value(query.parameters[name]) for name in guarded.parameters}
    may = readers(masked)
    with opened(_path(connection), seconds=limits.seconds, authorizer=may) as database:
        cursor = database.execute(guarded.sql, values)
        names = [item[0] for item in cursor.description]
        rows = cursor.fetchmany(limits.rows + 1)
    types = [type_of(values) for values in zip(*rows, strict=True)] or ["text"] * len(names)
    return finished(
        named_columns(names, types), rows, cap=limits.rows, sql=guarded.sql, clock=clock
    )


def _tables(connection: Connection) -> list[TableInfo]:
    """As stored with the source, else as the file says."""
    stored = [table_info(table) for table in connection.tables]
    return stored if stored and all(t.columns for t in stored) else known_tables(connection)


def _path(connection: Connection) -> str:
    return str(connection.config.get("path") or "")


def _driver_value(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case _:
            return value
