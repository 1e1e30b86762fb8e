"""Relative dates: a closed vocabulary of phrases, each a half-open range of days.

``last_N_days`` are N days ending with today; ``last_N_months`` are N calendar months ending with
the current one; ``this_…`` is the whole calendar period, ``last_…`` the one before, ``…_to_date``
ends with today. Weeks start on Monday.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from catalog.query.errors import QueryError

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DateRange:
    """``start`` ≤ day < ``end``, in the days of ``timezone``."""

    start: date
    end: date
    timezone: str = "UTC"

    def instants(self) -> tuple[datetime, datetime]:
        """The range as aware datetimes, for columns that hold instants."""
        zone = ZoneInfo(self.timezone)
        return (
            datetime.combine(self.start, time(), zone),
            datetime.combine(self.end, time(), zone),
        )


def resolve(phrase: str, *, today: date, timezone: str = "UTC") -> DateRange:
    """The days ``phrase`` means as seen on ``today``; ``QueryError`` for an unknown phrase."""
    key = re.sub(r"[\s_-]+", "_", phrase.strip().lower())
    if key not in _RANGES:
        raise QueryError(
            f"“{phrase}” is not a period I know.",
            "Use one of: " + ", ".join(label.lower() for label in PHRASES.values()) + ".",
        )
    start, end = _RANGES[key](today)
    return DateRange(start, end, timezone)


def label(phrase: str) -> str:
    """``last_30_days`` → ``last 30 days``."""
    return phrase.strip().lower().replace("_", " ")


def add_months(day: date, months: int) -> date:
    """The first day of the month ``months`` after the month of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _last_days(count: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - (count - 1) * DAY, today + DAY)


def _next_days(count: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today + DAY, today + (count + 1) * DAY)


def _months(first: int, last: int) -> Callable[[date], tuple[date, date]]:
    """Calendar months from ``first`` up to ``last`` (not included) around the current one."""
    return lambda today: (add_months(today, first), add_months(today, last))


def _week(offset: int) -> Callable[[date], tuple[date, date]]:
    def days(today: date) -> tuple[date, date]:
        monday = today - today.weekday() * DAY + offset * 7 * DAY
        return monday, monday + 7 * DAY

    return days


def _quarter(offset: int) -> Callable[[date], tuple[date, date]]:
    def days(today: date) -> tuple[date, date]:
        back = (today.month - 1) % 3
        return add_months(today, 3 * offset - back), add_months(today, 3 * offset - back + 3)

    return days


def _year(offset: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (date(today.year + offset, 1, 1), date(today.year + offset + 1, 1, 1))


def _to_date(period: Callable[[date], tuple[date, date]]) -> Callable[[date], tuple[date, date]]:
    return lambda today: (period(today)[0], today + DAY)


_RANGES: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": _last_days(1),
    "yesterday": lambda today: (today - DAY, today),
    "tomorrow": _next_days(1),
    **{f"last_{count}_days": _last_days(count) for count in (7, 14, 30, 60, 90, 180, 365)},
    **{f"next_{count}_days": _next_days(count) for count in (7, 30, 90)},
    **{f"last_{count}_months": _months(1 - count, 1) for count in (3, 6, 12, 24)},
    "this_week": _week(0),
    "last_week": _week(-1),
    "next_week": _week(1),
    "this_month": _months(0, 1),
    "last_month": _months(-1, 0),
    "next_month": _months(1, 2),
    "this_quarter": _quarter(0),
    "last_quarter": _quarter(-1),
    "next_quarter": _quarter(1),
    "this_year": _year(0),
    "last_year": _year(-1),
    "next_year": _year(1),
    "week_to_date": _to_date(_week(0)),
    "month_to_date": _to_date(_months(0, 1)),
    "quarter_to_date": _to_date(_quarter(0)),
    "year_to_date": _to_date(_year(0)),
}

#: Every phrase with its words for people, in the order a list shows them.
PHRASES: dict[str, str] = {key: label(key).capitalize() for key in _RANGES}
