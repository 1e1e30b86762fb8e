"""From fetched rows to a ``Result``: the same last step for every connector."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalog.connectors.base import SourceError
from catalog.connectors.cells import normalised
from catalog.query.result import ColumnType, Result, ResultColumn


@dataclass(slots=True)
class Clock:
    """Measures a run from where it is made."""

    started: float = field(default_factory=time.perf_counter)

    def milliseconds(self) -> float:
        return round((time.perf_counter() - self.started) * 1000, 3)


def finished(
    columns: Sequence[ResultColumn],
    rows: Sequence[Sequence[Any]],
    *,
    cap: int,
    sql: str,
    clock: Clock,
    scales: dict[str, int] | None = None,
) -> Result:
    """``rows`` beyond ``cap`` are dropped and said to be."""
    truncated = len(rows) > cap
    kept, cells, notes = normalised(columns, rows[:cap], scales or {})
    return Result(
        columns=kept,
        rows=cells,
        truncated=truncated,
        duration_ms=clock.milliseconds(),
        as_of=datetime.now(UTC).isoformat(timespec="seconds"),
        sql=sql,
        notes=notes,
    )


def named_columns(names: Sequence[str], types: Sequence[ColumnType]) -> list[ResultColumn]:
    """Columns of a query typed as SQL: keys ``c1, c2, …`` by position."""
    return [
        ResultColumn(key=f"c{index}", label=name or f"Column {index}", type=kind)
        for index, (name, kind) in enumerate(zip(names, types, strict=True), 1)
    ]


def zone_of(context: Mapping[str, Any]) -> str:
    name = str(context.get("timezone") or "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise SourceError(f"“{name}” is not a time zone.", hint="E.g. Europe/Berlin.") from None
    return name


def today_of(context: Mapping[str, Any]) -> date:
    """The day it is for the reader; the caller says, else the clock in the reader's zone."""
    if given := context.get("today"):
        return given if isinstance(given, date) else date.fromisoformat(str(given))
    return datetime.now(ZoneInfo(zone_of(context))).date()


def too_slow(seconds: float) -> SourceError:
    return SourceError(
        f"The query took longer than {seconds:g} seconds.",
        hint="Add a filter or a coarser grouping, or ask for fewer rows.",
        code="QUERY_TIMEOUT",
    )


def too_big() -> SourceError:
    return SourceError(
        "The query needs more memory than is allowed.",
        hint="Add a filter or a coarser grouping, or choose fewer columns.",
    )
