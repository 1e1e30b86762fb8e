"""The way from the web process to a source: always through a limited child process."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from catalog.connectors.base import Connection, Limits, SourceError, TableInfo, TestResult
from catalog.connectors.results import too_big, too_slow
from catalog.connectors.tables import table_info
from catalog.connectors.turns import NoTurn, Turns
from catalog.query.errors import QueryError
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.sqlguard.errors import SqlRefused
from common.sandbox import (
    Pool,
    SandboxBusy,
    SandboxCancelled,
    SandboxError,
    SandboxMemory,
    SandboxTimeout,
)

GRACE = 5.0  # seconds a child has to end by itself what took too long
INTROSPECTION_SECONDS = 60.0
Cancelled = Callable[[], bool]

_lock = threading.Lock()
_settings: dict[str, Any] = {"size": 2, "memory_bytes": 1_500 * 2**20}
_pool: tuple[Pool, Turns] | None = None


def configure(**settings: Any) -> None:
    """Settings of the pool (``size``, ``memory_bytes``, …), before its first use or instead of the
    present one."""
    global _pool
    with _lock:
        _settings.update(settings)
        if _pool is not None:
            _pool[0].close()
        _pool = None


def execute(
    connection: Connection,
    query: ReportQuery | SqlQuery,
    *,
    limits: Limits,
    context: Mapping[str, Any],
    holders: Sequence[str] = (),
    cancelled: Cancelled | None = None,
) -> Result:
    """Run ``query`` in a child, on behalf of ``holders`` (see ``catalog.connectors.turns``).

    Raises ``QueryError`` (the query is wrong), ``SqlRefused`` (the SQL is not allowed) or
    ``SourceError`` (all else), each with a sentence.
    """
    arguments = {
        "connection": _plain(connection),
        "query": query.model_dump(mode="json"),
        "limits": asdict(limits),
        "context": json.loads(json.dumps(dict(context), default=_jsonable)),
    }
    answer = _call("run", arguments, connection, limits.seconds, holders, cancelled)
    return Result.from_json(answer)


def introspect(
    connection: Connection, *, holders: Sequence[str] = (), cancelled: Cancelled | None = None
) -> list[TableInfo]:
    arguments = {"connection": _plain(connection)}
    answer = _call("introspect", arguments, connection, INTROSPECTION_SECONDS, holders, cancelled)
    return [table_info(table) for table in answer]


def test(connection: Connection) -> TestResult:
    """Never raises for what is wrong with the source: that is the answer."""
    arguments = {"connection": _plain(connection)}
    try:
        answer = _call("test", arguments, connection, INTROSPECTION_SECONDS, (), None)
    except SourceError as error:
        return TestResult(False, f"{error.message} {error.hint}".strip())
    return TestResult(**{**answer, "warnings": tuple(answer["warnings"])})


def _call(
    function: str,
    arguments: dict[str, Any],
    connection: Connection,
    seconds: float,
    holders: Sequence[str],
    cancelled: Cancelled | None,
) -> Any:
    pool, turns = _the_pool()
    try:
        with turns.take(holders, cancelled):
            return pool.call(
                f"catalog.connectors.worker:{function}",
                arguments,
                timeout=seconds + GRACE,
                cancelled=cancelled,
                affinity=_affinity(connection),
            )
    except NoTurn:
        raise SourceError(
            "Your other queries are still running.",
            hint="Wait for them, or make them smaller.",
            code="SERVICE_UNAVAILABLE",
        ) from None
    except SandboxError as error:
        raise _translated(error, seconds) from None


def _the_pool() -> tuple[Pool, Turns]:
    global _pool
    with _lock:
        if _pool is None:
            pool = Pool("query", preload=("catalog.connectors.worker",), **_settings)
            _pool = pool, Turns(_settings["size"])
        return _pool


def _affinity(connection: Connection) -> str:
    """The same source goes to the child that has its files open."""
    named = [connection.kind, dict(connection.config), [t.get("path") for t in connection.tables]]
    text = json.dumps(named, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(connection: Connection) -> dict[str, Any]:
    return {
        "kind": connection.kind,
        "config": dict(connection.config),
        "secret": dict(connection.secret),
        "tables": [dict(table) for table in connection.tables],
    }


def _jsonable(value: object) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _translated(error: SandboxError, seconds: float) -> Exception:
    """The child's own refusals come back as themselves; the rest becomes a sentence."""
    data = {key: error.data.get(key, "") for key in ("message", "hint")}
    match error:
        case SandboxTimeout():
            return too_slow(seconds)
        case SandboxMemory():
            return too_big()
        case SandboxCancelled():
            return SourceError("The query was cancelled.", code="SOURCE_FAILED")
        case SandboxBusy():
            return SourceError(
                "Too many queries are running already.",
                hint="Try again in a minute.",
                code="SERVICE_UNAVAILABLE",
            )
    if error.type == "QueryError":
        return QueryError(**data, path=error.data.get("path", ""))
    if error.type == "SqlRefused":
        return SqlRefused(**data)
    if error.type == "SourceError":
        return SourceError(**data, code=error.data.get("code") or "SOURCE_FAILED")
    return SourceError(
        "The query could not be finished.",
        hint="Try again. If it happens again, tell an administrator.",
    )
