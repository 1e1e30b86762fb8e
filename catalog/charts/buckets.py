"""Time buckets: the ones a result skipped are what makes a gap in a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

MOST_BUCKETS = 2000

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def next_bucket(start: datetime, grain: str) -> datetime:
    """The bucket after ``start``; ``OverflowError`` after the year 9999."""
    if grain in _SPANS:
        return start + _SPANS[grain]
    months = start.year * 12 + start.month - 1 + _MONTHS[grain]
    if months >= 12 * 10_000:
        raise OverflowError("There is no bucket after the year 9999.")
    return start.replace(year=months // 12, month=months % 12 + 1)


def with_gaps(buckets: Sequence[datetime], grain: str) -> list[datetime]:
    """``buckets`` (ascending, distinct) and those missing between them. They come back unchanged
    when they do not lie on the grain (a zone's clock change) or would become too many."""
    if not buckets or (grain not in _SPANS and grain not in _MONTHS):
        return list(buckets)
    filled = [buckets[0]]
    while filled[-1] < buckets[-1] and len(filled) < MOST_BUCKETS:
        try:
            filled.append(next_bucket(filled[-1], grain))
        except (OverflowError, ValueError):
            break
    return filled if set(buckets) <= set(filled) else list(buckets)
