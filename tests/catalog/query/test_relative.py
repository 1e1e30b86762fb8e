from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.query.errors import QueryError
from catalog.query.relative import PHRASES, resolve

TODAY = date(2024, 2, 29)  # a Thursday


@pytest.mark.parametrize(
    ("phrase", "start", "end"),
    [
        ("today", "2024-02-29", "2024-03-01"),
        ("yesterday", "2024-02-28", "2024-02-29"),
        ("last_7_days", "2024-02-23", "2024-03-01"),
        ("last_30_days", "2024-01-31", "2024-03-01"),
        ("last_90_days", "2023-12-02", "2024-03-01"),
        ("last_12_months", "2023-03-01", "2024-03-01"),
        ("this_week", "2024-02-26", "2024-03-04"),
        ("last_week", "2024-02-19", "2024-02-26"),
        ("this_month", "2024-02-01", "2024-03-01"),
        ("last_month", "2024-01-01", "2024-02-01"),
        ("this_quarter", "2024-01-01", "2024-04-01"),
        ("last_quarter", "2023-10-01", "2024-01-01"),
        ("this_year", "2024-01-01", "2025-01-01"),
        ("last_year", "2023-01-01", "2024-01-01"),
        ("year_to_date", "2024-01-01", "2024-03-01"),
        ("month_to_date", "2024-02-01", "2024-03-01"),
        ("next_month", "2024-03-01", "2024-04-01"),
        ("Last 7 days", "2024-02-23", "2024-03-01"),
    ],
)
def test_phrases(phrase: str, start: str, end: str) -> None:
    period = resolve(phrase, today=TODAY)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_unknown_phrase_lists_the_known_ones() -> None:
    with pytest.raises(QueryError, match="last_fortnight") as caught:
        resolve("last_fortnight", today=TODAY)
    assert "last 30 days" in caught.value.hint


def test_instants_follow_the_zone_across_daylight_saving() -> None:
    start, end = resolve("today", today=date(2024, 3, 31), timezone="Europe/Berlin").instants()
    assert start == datetime(2024, 3, 31, tzinfo=ZoneInfo("Europe/Berlin"))
    assert end.astimezone(ZoneInfo("UTC")) - start.astimezone(ZoneInfo("UTC")) == timedelta(
        hours=23
    )


@given(
    st.sampled_from(sorted(PHRASES)),
    st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)),
)
def test_every_phrase_is_a_non_empty_range_near_today(phrase: str, today: date) -> None:
    period = resolve(phrase, today=today)
    assert period.start < period.end
    if phrase.startswith("this_") or phrase.endswith("_to_date") or phrase == "today":
        assert period.start <= today < period.end
    if phrase in {"last_week", "last_month", "last_quarter", "last_year", "yesterday"}:
        this = phrase.replace("last_", "this_").replace("yesterday", "today")
        assert period.end == resolve(this, today=today).start
