"""A result as one number, compared with the period before where it has a time dimension."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from catalog.charts.buckets import next_bucket
from catalog.charts.errors import ChartError
from catalog.charts.fields import fields, is_additive, is_time
from catalog.charts.formats import (
    EN,
    NOTHING,
    Locale,
    NumberFormat,
    chart_format,
    format_date,
    format_number,
    parse_time,
    to_decimal,
    to_number,
)
from catalog.charts.spec import ChartSpec
from catalog.query.result import Result, ResultColumn

Direction = Literal["up", "down", "flat"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``share`` is the change as a part of the previous value, None when that was zero."""

    period: str
    text: str
    change: float
    share: float | None
    change_text: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """``text`` is the figure, ``period`` what it covers ("Dec 2024", or "" for all),
    ``history`` the periods before it and itself, for a small line beside it."""

    label: str
    value: float | None
    text: str
    period: str
    unfinished: bool
    previous: Comparison | None
    goal_text: str
    history: list[float | None]
    sentence: str


def number(result: Result, chart: ChartSpec, *, locale: Locale = EN) -> KeyNumber:
    """Raises ``ChartError`` when the result has no number, or several that do not add up."""
    chosen = fields(result, chart)
    if not chosen.y:
        raise ChartError("The result holds no number to show.", hint="Count the rows instead.")
    column = chosen.y[0]
    form = chart_format(chart, column)
    time = chosen.x if is_time(chosen.x) else None
    if time is not None and time.grain:
        return _by_period(result, chart, column, time, form, locale)
    value = _whole(result, column)
    text = NOTHING if value is None else format_number(value, form, locale)
    goal = _goal(value, chart, form, locale)
    sentence = f"{column.label}: {text if value is not None else 'no value'}{_said(goal)}."
    return KeyNumber(column.label, to_number(value), text, "", False, None, goal, [], sentence)


def _whole(result: Result, column: ResultColumn) -> Decimal | None:
    at = result.index(column.key)
    values = [to_decimal(row[at]) for row in result.rows]
    if len(values) <= 1:
        return values[0] if values else None
    known = [value for value in values if value is not None]
    if column.aggregate in {"min", "max"} and known:
        return min(known) if column.aggregate == "min" else max(known)
    if not is_additive(column):
        raise ChartError(
            f"The result has {len(values):,} values of {column.label}, which do not add up to one.",
            hint="Remove the grouping, or draw a chart.",
        )
    return sum(known, Decimal(0)) if known else None


def _by_period(
    result: Result,
    chart: ChartSpec,
    column: ResultColumn,
    time: ResultColumn,
    form: NumberFormat,
    locale: Locale,
) -> KeyNumber:
    periods = _periods(result, column, time)
    if not periods:
        return KeyNumber(
            column.label, None, NOTHING, "", False, None, "", [], f"{column.label}: no value."
        )
    start, value = periods[-1]
    period = format_date(start.isoformat(), time.grain)
    text = NOTHING if value is None else format_number(value, form, locale)
    previous = _previous(periods, time.grain or "", form, locale)
    unfinished = _is_unfinished(start, time.grain or "", result.as_of)
    goal = _goal(value, chart, form, locale)
    sentence = f"{column.label}: {text} in {period}{' so far' if unfinished else ''}"
    if previous is not None:
        than = "from" if previous.direction == "flat" else "than in"
        sentence += f", {previous.change_text} {than} {previous.period} ({previous.text})"
    history = [to_number(amount) for _, amount in periods]
    return KeyNumber(
        column.label, to_number(value), text, period, unfinished, previous, goal, history,
        f"{sentence}{_said(goal)}.",
    )  # fmt: skip


def _periods(
    result: Result, column: ResultColumn, time: ResultColumn
) -> list[tuple[datetime, Decimal | None]]:
    """One value for each period, ascending; more rows of a period are added where that is true."""
    at, place = result.index(time.key), result.index(column.key)
    found: dict[datetime, Decimal | None] = {}
    for row in result.rows:
        moment, value = parse_time(row[at]), to_decimal(row[place])
        if moment is None:
            continue
        if moment in found and not is_additive(column):
            raise ChartError(f"A period has several values of {column.label}.")
        before = found.get(moment)
        found[moment] = value if before is None else before + (value or 0)
    return sorted(found.items())


def _previous(
    periods: list[tuple[datetime, Decimal | None]], grain: str, form: NumberFormat, locale: Locale
) -> Comparison | None:
    """Only the period right before counts: a gap is no comparison."""
    if len(periods) < 2:
        return None
    (before, old), (start, new) = periods[-2:]
    if old is None or new is None or next_bucket(before, grain) != start:
        return None
    change = new - old
    share = float(change / abs(old)) if old else None
    direction: Direction = "flat" if not change else ("up" if change > 0 else "down")
    word = "more" if change > 0 else "less"
    size = (
        format_number(abs(share), NumberFormat("percent"), locale)
        if share is not None
        else format_number(abs(change), form, locale)
    )
    text = f"{size} {word}" if change else "no change"
    period = format_date(before.isoformat(), grain)
    old_text = format_number(old, form, locale)
    return Comparison(period, old_text, float(change), share, text, direction)


def _is_unfinished(start: datetime, grain: str, as_of: str) -> bool:
    now = parse_time(as_of)
    return now is not None and start <= now < next_bucket(start, grain)


def _goal(value: Decimal | None, chart: ChartSpec, form: NumberFormat, locale: Locale) -> str:
    if value is None or not chart.goal:
        return ""
    share = format_number(float(value) / chart.goal, NumberFormat("percent", decimals=0), locale)
    return f"{share} of the goal of {format_number(chart.goal, form, locale)}"


def _said(goal: str) -> str:
    return f"; {goal}" if goal else ""
