"""DuckDB as the intake uses it: no network, no extensions, little memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from catalog.intake import limits


@contextmanager
def connect(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """``scratch`` takes what does not fit into memory."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": limits.DUCKDB_THREADS,
            "memory_limit": limits.DUCKDB_MEMORY,
            "temp_directory": str(scratch / "spill"),
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    try:
        connection.execute("SET TimeZone='UTC'")
        yield connection
    finally:
        connection.close()


def quoted(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
