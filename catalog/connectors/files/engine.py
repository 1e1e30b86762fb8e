"""DuckDB over Parquet, locked down: it reads the source's files and nothing else.

A warm connection (views over the files of one source) serves builder queries, whose SQL is ours;
SQL typed by people or models gets a fresh one, thrown away after it. Files inside ``allowed_paths``
could still be *written* by ``COPY``, so only SELECTs judged by the SQL guard come this far, and
operators should mount data read-only.
"""

from __future__ import annotations

import atexit
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from catalog.connectors.base import SourceError
from catalog.connectors.results import too_big, too_slow
from catalog.query.result import ColumnType

WARM = 6
MEMORY = "512MB"
THREADS = 2
_CONFIG: dict[str, Any] = {
    "threads": THREADS,
    "memory_limit": MEMORY,
    "temp_directory": "",
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
_SIMPLE = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)?(INT|INTEGER)|DOUBLE|FLOAT|DECIMAL\(.*\)|VARCHAR|BOOLEAN|DATE|"
    r"TIMESTAMP(_S|_MS|_NS)?|TIME|BLOB|UUID)"
)
_warm: OrderedDict[tuple[Any, ...], duckdb.DuckDBPyConnection] = OrderedDict()

Tables = Sequence[Mapping[str, Any]]


def warm(tables: Tables, zone: str) -> duckdb.DuckDBPyConnection:
    """A connection kept for builder queries as long as the files are the same."""
    key = (zone, *(_identity(table) for table in tables))
    if key not in _warm:
        _warm[key] = fresh(tables, zone)
        while len(_warm) > WARM:
            _warm.popitem(last=False)[1].close()
    _warm.move_to_end(key)
    return _warm[key]


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    for key, kept in list(_warm.items()):
        if kept is connection:
            del _warm[key]
    connection.close()


def forget_all() -> None:
    while _warm:
        _warm.popitem()[1].close()


atexit.register(forget_all)


def fresh(tables: Tables, zone: str, *, without: Collection[str] = ()) -> duckdb.DuckDBPyConnection:
    """A new locked connection. ``without`` names ``table.column`` that its views do not have."""
    connection = duckdb.connect(":memory:", config=dict(_CONFIG))
    try:
        paths = ", ".join(sorted({text(_path(table)) for table in tables}))
        connection.execute(f"SET TimeZone = {text(zone)}")
        connection.execute("SET parquet_metadata_cache = true")
        connection.execute(f"SET allowed_paths = [{paths}]")
        for table in tables:
            connection.execute(_view(connection, table, zone, without))
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise failure(error, tables) from None
    return connection


@contextmanager
def limited(
    connection: duckdb.DuckDBPyConnection, seconds: float, tables: Tables
) -> Iterator[None]:
    """Interrupts what runs inside after ``seconds``; DuckDB's errors come out as sentences."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise too_slow(seconds) from None
    except duckdb.Error as error:
        raise failure(error, tables) from None
    finally:
        timer.cancel()


def failure(error: duckdb.Error, tables: Tables) -> SourceError:
    """What happened, without paths of this machine."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return too_big()
    if isinstance(error, duckdb.IOException):
        return SourceError(
            "The file of this data source cannot be read.",
            hint="Replace the file, or ask an administrator to look at the storage.",
        )
    message = str(error).split("\n\nLINE ")[0].split("\n")[0]
    for table in tables:
        message = message.replace(str(table.get("path")), str(table["name"]))
    kind, _, rest = message.partition(": ")
    reason = rest if kind.endswith("Error") and rest else message
    return SourceError(f"The query failed: {reason.strip().rstrip('.')}.")


def column_type(duckdb_type: str) -> ColumnType:
    """Our word for a DuckDB type."""
    name = str(duckdb_type).upper()
    if name.startswith("DECIMAL"):
        return "integer" if name.endswith(",0)") else "decimal"
    if name.startswith("TIMESTAMP"):
        return "datetime"
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", name):
        return "integer"
    names: dict[str, ColumnType] = {
        "DOUBLE": "number", "FLOAT": "number", "BOOLEAN": "boolean", "DATE": "date", "TIME": "time",
    }  # fmt: skip
    return names.get(name, "text")


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def described(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, str]]:
    """Names and DuckDB types of the columns of ``source`` (a table or a call)."""
    rows = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    return [(row[0], str(row[1])) for row in rows]


def _view(
    connection: duckdb.DuckDBPyConnection,
    table: Mapping[str, Any],
    zone: str,
    without: Collection[str],
) -> str:
    source = f"read_parquet({text(_path(table))})"
    hidden = {name.casefold() for name in without}
    columns = [
        _shown(name, kind, zone)
        for name, kind in described(connection, source)
        if f"{table['name']}.{name}".casefold() not in hidden
    ]
    chosen = ", ".join(columns) or "NULL AS nothing"
    return f"CREATE VIEW {identifier(table['name'])} AS SELECT {chosen} FROM {source}"  # noqa: S608


def _shown(name: str, kind: str, zone: str) -> str:
    """Instants become local time of the reader; lists and structures become text."""
    column = identifier(name)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"timezone({text(zone)}, {column}) AS {column}"
    return column if _SIMPLE.fullmatch(kind) else f"CAST({column} AS VARCHAR) AS {column}"


def _path(table: Mapping[str, Any]) -> str:
    return str(table.get("path") or "")


def _identity(table: Mapping[str, Any]) -> tuple[Any, ...]:
    path = _path(table)
    try:
        state = Path(path).stat()
    except OSError:
        raise SourceError(
            f"The file of “{table.get('label') or table['name']}” is not there any more.",
            hint="Upload it again with “Replace file”.",
        ) from None
    return table["name"], path, state.st_mtime_ns, state.st_size
