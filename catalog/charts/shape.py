"""The chart that suits a result, by its shape alone: for SQL, questions and changed queries."""

from __future__ import annotations

from catalog.charts.columns import FEW_PARTS
from catalog.charts.fields import is_additive, is_measure, is_time
from catalog.charts.formats import NUMERIC_TYPES, to_number
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.result import Result, ResultColumn

MOST_BARS = 200
MOST_SERIES = 30


def suggest_for_result(result: Result) -> tuple[ChartSpec, str]:
    """A chart and the reason for it, a sentence."""
    numbers = [c for c in result.columns if _measured(result, c)]
    groups = [c for c in result.columns if c not in numbers]
    if not result.rows or not numbers:
        return _table("There is no number to draw, so a table suits.")
    if not groups:
        return _without_groups(result, numbers)
    times = [column for column in groups if is_time(column) or _is_year(column)]
    if len(groups) > 2:
        return _table(f"{len(groups)} groupings are more than a chart can show, so a table suits.")
    x = (times or groups)[0]
    others = [column for column in groups if column is not x]
    if others and (len(numbers) > 1 or _distinct(result, others[0]) > MOST_SERIES):
        return _table("Two groupings with so much in them read best as a table.")
    series = others[0].key if others else None
    if len(result.rows) == 1:
        return _table("There is one row only, so a table suits.")
    y = tuple(column.key for column in _alike(numbers))
    if times:
        reason = f"{x.label} looks like time, so a line suits."
        return ChartSpec(kind=ChartKind.LINE, x=x.key, y=y, series=series), reason
    return _compared(result, x, y, series, numbers[0])


def _compared(
    result: Result, x: ResultColumn, y: tuple[str, ...], series: str | None, number: ResultColumn
) -> tuple[ChartSpec, str]:
    count = _distinct(result, x)
    if count > MOST_BARS:
        return _table(f"{x.label} has {count:,} values, too many to draw, so a table suits.")
    if series is None and len(y) == 1 and count <= FEW_PARTS and _are_parts(result, number):
        reason = f"{x.label} has only {count} parts of a whole, so a pie shows their shares."
        return ChartSpec(kind=ChartKind.PIE, x=x.key, y=y), reason
    reason = f"{x.label} has {count:,} values to compare, so bars suit."
    chart = ChartSpec(kind=ChartKind.BAR, x=x.key, y=y, series=series, horizontal=count > 12)
    return chart, reason


def _without_groups(result: Result, numbers: list[ResultColumn]) -> tuple[ChartSpec, str]:
    if len(result.rows) == 1 and len(numbers) == 1:
        reason = f"{numbers[0].label} is one number, so a figure says it best."
        return ChartSpec(kind=ChartKind.NUMBER, y=(numbers[0].key,)), reason
    if len(numbers) == 2 and len(result.rows) > 1:
        first, second = numbers
        chart = ChartSpec(kind=ChartKind.SCATTER, x=first.key, y=(second.key,))
        reason = f"{first.label} and {second.label} are both numbers, so dots suit."
        return chart, reason
    return _table("Numbers without anything to tell them apart read best as a table.")


def _table(reason: str) -> tuple[ChartSpec, str]:
    return ChartSpec(kind=ChartKind.TABLE), reason


def _measured(result: Result, column: ResultColumn) -> bool:
    """A measure; in rows that are not grouped also a plain number, but for a year."""
    if is_measure(column):
        return True
    grouped = any(is_measure(other) for other in result.columns)
    return column.type in NUMERIC_TYPES and not grouped and not _is_year(column)


def _is_year(column: ResultColumn) -> bool:
    return column.type == "integer" and column.label.strip().lower().endswith("year")


def _alike(numbers: list[ResultColumn]) -> list[ResultColumn]:
    """Counts and amounts share no axis: the first measure and those of its kind."""
    counts = {"count", "count_distinct"}
    first = numbers[0].aggregate in counts
    return [number for number in numbers if (number.aggregate in counts) == first]


def _distinct(result: Result, column: ResultColumn) -> int:
    at = result.index(column.key)
    return len({row[at] for row in result.rows})


def _are_parts(result: Result, number: ResultColumn) -> bool:
    at = result.index(number.key)
    values = [to_number(row[at]) for row in result.rows]
    return is_additive(number) and all(v is not None and v >= 0 for v in values) and any(values)
