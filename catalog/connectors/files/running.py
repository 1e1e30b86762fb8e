"""Test, introspect and run for files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from catalog.connectors.base import (
    ColumnInfo,
    Connection,
    Limits,
    SourceError,
    TableInfo,
    TestResult,
)
from catalog.connectors.files import engine
from catalog.connectors.results import Clock, finished, named_columns, today_of, zone_of
from catalog.connectors.semantics import semantic
from catalog.connectors.tables import table_info
from catalog.query.compile import compile_query
from catalog.query.literals import readable
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.sqlguard import SqlRefused, guard, native_parameters

INTROSPECTION_SECONDS = 30.0


def test(connection: Connection) -> TestResult:
    clock = Clock()
    missing = [table["name"] for table in connection.tables if not Path(table["path"]).is_file()]
    if missing:
        return TestResult(False, f"The file of “{missing[0]}” is not there any more.")
    tables = introspect(connection)
    rows = sum(table.rows or 0 for table in tables)
    words = "1 table" if len(tables) == 1 else f"{len(tables)} tables"
    message = f"The file can be read: {words}, {rows:,} rows."
    return TestResult(True, message, f"DuckDB {duckdb.__version__}", clock.milliseconds())


def introspect(connection: Connection) -> list[TableInfo]:
    opened = engine.fresh(connection.tables, "UTC")
    try:
        with engine.limited(opened, INTROSPECTION_SECONDS, connection.tables):
            return [_table(opened, table) for table in connection.tables]
    finally:
        opened.close()


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
    opened = engine.warm(connection.tables, zone_of(context))
    compiled = compile_query(
        query,
        [_known(opened, table) for table in connection.tables],
        dialect="duckdb",
        limit=limits.rows,
        today=today_of(context),
        timezone=zone_of(context),
        masked=context.get("masked") or (),
    )
    try:
        with engine.limited(opened, limits.seconds, connection.tables):
            rows = opened.execute(compiled.sql, compiled.parameters).fetchall()
    except SourceError:
        engine.forget(opened)  # whatever it holds or suffers from, the next query starts clean
        raise
    sql = readable(compiled.sql, compiled.parameters, "duckdb")
    return finished(compiled.columns, rows, cap=compiled.cap, sql=sql, clock=clock)


def _run_sql(
    connection: Connection, query: SqlQuery, limits: Limits, context: Mapping[str, Any]
) -> Result:
    clock = Clock()
    masked = context.get("masked") or ()
    guarded = guard(
        native_parameters(query.sql, "duckdb", query.parameters),
        dialect="duckdb",
        tables=[table["name"] for table in connection.tables],
        max_rows=limits.rows + 1,
        masked=masked,
        parameters=query.parameters,
    )
    values = {name: query.parameters[name] for name in guarded.parameters}
    opened = engine.fresh(connection.tables, zone_of(context), without=masked)
    try:
        with engine.limited(opened, limits.seconds, connection.tables):
            _check_one_select(opened, guarded.sql)
            names, types, rows = _fetched(opened, guarded.sql, values, limits.rows + 1)
    finally:
        opened.close()
    columns = named_columns(names, [engine.column_type(kind) for kind in types])
    return finished(columns, rows, cap=limits.rows, sql=guarded.sql, clock=clock)


def _check_one_select(opened: duckdb.DuckDBPyConnection, sql: str) -> None:
    """The engine's own opinion, after the guard's."""
    statements = opened.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SqlRefused("Only a single SELECT can be run here.")


def _fetched(
    opened: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any], count: int
) -> tuple[list[str], list[str], list[Any]]:
    cursor = opened.execute(sql, values) if values else opened.execute(sql)
    names = [item[0] for item in cursor.description]
    types = [str(item[1]) for item in cursor.description]
    if "TIMESTAMP WITH TIME ZONE" in types:  # fetching those needs a library of time zones
        cursor = opened.execute(_as_local(sql, names, types), values)
    return names, types, cursor.fetchmany(count)


def _as_local(sql: str, names: list[str], types: list[str]) -> str:
    aliases = [f"c{index}" for index in range(len(names))]
    shown = [
        f"CAST({alias} AS TIMESTAMP)" if kind == "TIMESTAMP WITH TIME ZONE" else alias
        for alias, kind in zip(aliases, types, strict=True)
    ]
    return f"SELECT {', '.join(shown)} FROM ({sql}) AS q({', '.join(aliases)})"  # noqa: S608


def _known(opened: duckdb.DuckDBPyConnection, table: Mapping[str, Any]) -> TableInfo:
    """The table as stored with the source, or as the file itself says."""
    return table_info(table) if table.get("columns") else _described(opened, table)


def _described(opened: duckdb.DuckDBPyConnection, table: Mapping[str, Any]) -> TableInfo:
    columns = [
        ColumnInfo(name, name, kind := engine.column_type(raw), semantic(name, kind))
        for name, raw in engine.described(opened, engine.identifier(table["name"]))
    ]
    return TableInfo(table["name"], table.get("label") or table["name"], columns, kind="file")


def _table(opened: duckdb.DuckDBPyConnection, table: Mapping[str, Any]) -> TableInfo:
    info = _known(opened, table)
    count = opened.execute(f"SELECT count(*) FROM {engine.identifier(info.name)}").fetchone()  # noqa: S608
    return replace(info, rows=count[0] if count else None, kind="file")
