"""Opening a SQLite file that nobody vouches for.

``mode=ro`` alone still lets ATTACH create files, so: ``query_only``, no attaching, bounded lengths,
an untrusted schema, an authorizer that knows only SELECT, READ and harmless functions, and a
progress handler that ends what takes too long.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalog.connectors.base import SourceError
from catalog.connectors.results import too_big, too_slow

STEPS_BETWEEN_CHECKS = 10_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LENGTH: 32 * 2**20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_FUNCTIONS_REFUSED = {"load_extension", "fts3_tokenizer", "randomblob", "zeroblob"}
_PRAGMAS = {"table_xinfo", "foreign_key_list"}
_HARMLESS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
_SCHEMA = {"sqlite_master", "sqlite_schema"}
Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


@contextmanager
def opened(path: str, *, seconds: float, authorizer: Authorizer) -> Iterator[sqlite3.Connection]:
    """A protected connection; what goes wrong inside comes out as ``SourceError``."""
    if not path or not Path(path).is_file():
        raise SourceError(
            "The database file is not there any more.", hint="Upload it again with “Replace file”."
        )
    deadline = time.monotonic() + seconds
    try:
        connection = _connected(path)
        try:
            _protect(connection, deadline, authorizer)
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _failure(error, seconds) from None
    except MemoryError:
        raise too_big() from None


def readers(masked: Collection[str] = (), counted: Collection[tuple[str, str]] = ()) -> Authorizer:
    """May read everything but SQLite's own tables and the ``masked`` ``table.column`` names, which
    may only be ``counted``. SQLite asks for the columns behind views too."""
    hidden = {name.casefold() for name in masked} - {
        f"{table}.{column}".casefold() for table, column in counted
    }

    def authorize(
        action: int, first: str | None, second: str | None, _db: str | None, _via: str | None
    ) -> int:
        if action in _HARMLESS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            return _allowed((second or "").lower() not in _FUNCTIONS_REFUSED)
        if action == sqlite3.SQLITE_READ:
            table = (first or "").casefold()
            own = table.startswith(("sqlite_", "pragma_"))
            return _allowed(not own and f"{table}.{(second or '').casefold()}" not in hidden)
        return sqlite3.SQLITE_DENY

    return authorize


def inspectors() -> Authorizer:
    """May also read the schema: for statements of our own."""
    read = readers()

    def authorize(
        action: int, first: str | None, second: str | None, db: str | None, via: str | None
    ) -> int:
        if action == sqlite3.SQLITE_PRAGMA:
            return _allowed((first or "").lower() in _PRAGMAS)
        if action == sqlite3.SQLITE_READ and (first or "").lower() in _SCHEMA:
            return sqlite3.SQLITE_OK
        return read(action, first, second, db, via)

    return authorize


def _allowed(yes: bool) -> int:
    return sqlite3.SQLITE_OK if yes else sqlite3.SQLITE_DENY


def _connected(path: str) -> sqlite3.Connection:
    """A database in WAL mode on a read-only file system opens only as immutable; that is safe when
    there is no log whose changes it would miss."""
    address = Path(path).resolve().as_uri() + "?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, cached_statements=0)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if Path(path + "-wal").exists():
            raise
        return sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    except BaseException:
        connection.close()
        raise
    return connection


def _protect(connection: sqlite3.Connection, deadline: float, authorizer: Authorizer) -> None:
    for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    for name, value in _LIMITS.items():
        connection.setlimit(name, value)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_aggregate("median", 1, _Median)  # type: ignore[arg-type]
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_CHECKS)
    connection.set_authorizer(authorizer)


def _lower(value: Any) -> Any:
    """SQLite's own knows ASCII only."""
    return value.lower() if isinstance(value, str) else value


class _Median:
    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: object) -> None:
        if isinstance(value, int | float):
            self.values.append(value)

    def finalize(self) -> float | None:
        return float(statistics.median(self.values)) if self.values else None


def _failure(error: sqlite3.Error, seconds: float) -> SourceError:
    message = str(error)
    if message == "interrupted":
        return too_slow(seconds)
    if "file is not a database" in message:
        return SourceError(
            "This file is not a SQLite database, or it is encrypted.",
            hint="Choose another file, or save the database without encryption.",
        )
    if "malformed" in message:
        return SourceError(
            "This SQLite database is damaged.",
            hint="Make a fresh copy with the program it comes from and upload that.",
        )
    if "prohibited" in message or "not authorized" in message:
        return SourceError(
            "This query reads something that is closed to it.",
            hint="It may use the tables shown here and the columns you may see.",
        )
    if "unable to open" in message:
        return SourceError("The database file cannot be opened.")
    return SourceError(f"The query failed: {message.rstrip('.')}.")
