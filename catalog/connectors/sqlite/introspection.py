"""What is in a SQLite file: tables, views, keys, and the types the values really have."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from pathlib import Path
from typing import Any

from catalog.connectors.base import ColumnInfo, Connection, TableInfo
from catalog.connectors.semantics import semantic
from catalog.connectors.sqlite.opening import inspectors, opened
from catalog.connectors.sqlite.types import Declared, actual_type

SECONDS = 30.0
SAMPLE = 200
KEPT = 16
_known: OrderedDict[tuple[Any, ...], list[TableInfo]] = OrderedDict()


def introspect(connection: Connection) -> list[TableInfo]:
    """Tables first, then views, by name. Views that no longer work are left out."""
    path = str(connection.config.get("path") or "")
    with opened(path, seconds=SECONDS, authorizer=inspectors()) as database:
        rows = database.execute(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name COLLATE NOCASE"
        ).fetchall()
        tables = [_table(database, name, kind) for name, kind in rows]
    return [table for table in tables if table is not None]


def known_tables(connection: Connection) -> list[TableInfo]:
    """``introspect``, remembered for as long as the file stays the same."""
    path = Path(str(connection.config.get("path") or ""))
    if not path.is_file():
        return introspect(connection)  # says what is wrong
    state = path.stat()
    key = (str(path), state.st_mtime_ns, state.st_size)
    if key not in _known:
        _known[key] = introspect(connection)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    _known.move_to_end(key)
    return _known[key]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(database: sqlite3.Connection, name: str, kind: str) -> TableInfo | None:
    try:
        declared = _declared(database, name)
        chosen = ", ".join(quoted(column.name) for column in declared)
        sample = database.execute(f"SELECT {chosen} FROM {quoted(name)} LIMIT {SAMPLE}").fetchall()  # noqa: S608
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted":
            raise
        return None
    keys = _foreign_keys(database, name)
    linked = {key[0] for key in keys}
    columns = [
        _column(column, [row[index] for row in sample], linked=column.name in linked)
        for index, column in enumerate(declared)
    ]
    return TableInfo(
        name=name,
        label=name,
        columns=columns,
        rows=_count(database, name),
        kind="view" if kind == "view" else "table",
        foreign_keys=keys,
    )


def _declared(database: sqlite3.Connection, name: str) -> list[Declared]:
    rows = database.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
    return [
        Declared(name=row[1], type=row[2] or "", required=bool(row[3]), key=row[5] > 0)
        for row in rows
        if row[6] != 1  # hidden columns of virtual tables
    ]


def _column(declared: Declared, values: list[Any], *, linked: bool) -> ColumnInfo:
    present = [value for value in values if value is not None]
    kind, scale = actual_type(declared.type, present)
    return ColumnInfo(
        name=declared.name,
        label=declared.name,
        type=kind,
        semantic=semantic(declared.name, kind, present, key=declared.key or linked),
        nullable=not (declared.required or declared.key),
        primary_key=declared.key,
        stats={"scale": scale} if scale is not None else {},
    )


def _foreign_keys(database: sqlite3.Connection, name: str) -> list[tuple[str, str, str]]:
    """Keys of one column; a key that names no target column means the other's primary key."""
    rows = database.execute(f"PRAGMA foreign_key_list({quoted(name)})").fetchall()
    wide = {row[0] for row in rows if row[1] > 0}
    found = []
    for row in rows:
        target = row[4] or _primary_key(database, row[2])
        if row[0] not in wide and target:
            found.append((row[3], row[2], target))
    return sorted(found)


def _primary_key(database: sqlite3.Connection, name: str) -> str | None:
    keys = [column.name for column in _declared(database, name) if column.key]
    return keys[0] if len(keys) == 1 else None


def _count(database: sqlite3.Connection, name: str) -> int | None:
    try:
        row = database.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()  # noqa: S608
    except sqlite3.OperationalError:
        return None
    return int(row[0])
