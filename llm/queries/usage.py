"""What models were used for, for the organisation's Admins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import User
from accounts.permissions import require
from common import clock
from llm.models import ModelCall, Outcome

MOST_DAYS = 90
LOOKED_AT = 10_000
"""The latest calls, of which the median is taken."""
FAILED = Q(outcome=Outcome.FAILED)


@dataclass(frozen=True)
class UsageLine:
    """``first_token_ms``: half of the answers began sooner; None where none did."""

    label: str
    calls: int = 0
    failures: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    first_token_ms: float | None = None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Usage:
    days: int
    total: UsageLine
    by_purpose: list[UsageLine] = field(default_factory=list)
    by_model: list[UsageLine] = field(default_factory=list)


def usage(user: User, days: int = 30) -> Usage:
    """The last days, up to 90; the busiest first."""
    require(user, "llm.manage_models")
    days = max(1, min(days, MOST_DAYS))
    rows = ModelCall.objects.visible_to(user).filter(
        created_at__gte=clock.now() - timedelta(days=days)
    )
    waits = _waits(rows)
    whole = rows.aggregate(**_figures())
    return Usage(
        days=days,
        total=_line("", whole, [wait for _purpose, _model, wait in waits]),
        by_purpose=_lines(rows, "purpose", waits),
        by_model=_lines(rows, "model", waits),
    )


def _figures() -> dict[str, Any]:
    return {
        "calls": Count("pk"),
        "failures": Count("pk", filter=FAILED),
        "cached": Count("pk", filter=Q(outcome=Outcome.CACHED)),
        "prompt_tokens": Sum("prompt_tokens"),
        "completion_tokens": Sum("completion_tokens"),
    }


def _waits(rows: QuerySet[ModelCall]) -> list[tuple[str, str, float]]:
    timed = rows.filter(first_token_ms__isnull=False).order_by("-created_at")
    return list(timed.values_list("purpose", "model", "first_token_ms")[:LOOKED_AT])  # type: ignore[arg-type]


def _lines(
    rows: QuerySet[ModelCall], by: str, waits: list[tuple[str, str, float]]
) -> list[UsageLine]:
    place = ("purpose", "model").index(by)
    grouped = rows.order_by().values(by).annotate(**_figures()).order_by("-calls", by)
    return [
        _line(row[by], row, [wait[2] for wait in waits if wait[place] == row[by]])
        for row in grouped
    ]


def _line(label: str, row: dict[str, Any], waits: list[float]) -> UsageLine:
    return UsageLine(
        label=label,
        calls=row["calls"],
        failures=row["failures"],
        cached=row["cached"],
        prompt_tokens=row["prompt_tokens"] or 0,
        completion_tokens=row["completion_tokens"] or 0,
        first_token_ms=round(median(waits), 1) if waits else None,
    )
