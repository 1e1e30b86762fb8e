"""Which columns of a result a chart draws: what the chart names, else what the shape says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.charts.errors import ChartError
from catalog.charts.formats import NUMERIC_TYPES, TIME_TYPES
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.result import Result, ResultColumn

_MEASURE_KEY = re.compile(r"[mc][1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Fields:
    x: ResultColumn | None
    y: tuple[ResultColumn, ...]
    series: ResultColumn | None


def is_measure(column: ResultColumn) -> bool:
    if column.type not in NUMERIC_TYPES:
        return False
    return column.aggregate is not None or _MEASURE_KEY.fullmatch(column.key) is not None


def is_time(column: ResultColumn | None) -> bool:
    return column is not None and column.type in TIME_TYPES


def is_additive(column: ResultColumn) -> bool:
    """Whether parts may be added up: sums and counts, not averages or distinct counts."""
    return column.aggregate in {"sum", "count"}


def fields(result: Result, chart: ChartSpec) -> Fields:
    """The columns drawn. Raises ``ChartError`` when the chart names one that is not there."""
    x = _named(result, chart.x) if chart.x else _default_x(result, chart)
    y = tuple(_numeric(_named(result, key)) for key in chart.y) or _default_y(result, x)
    if chart.series:
        series: ResultColumn | None = _named(result, chart.series)
    else:
        series = _default_series(result, chart, x, y)
    y = tuple(column for column in y if series is None or column.key != series.key)
    return Fields(x, y, series)


def _named(result: Result, key: str) -> ResultColumn:
    try:
        return result.columns[result.index(key)]
    except KeyError:
        raise ChartError(
            f"The chart uses the field {key}, which the result does not have.",
            hint="Choose the chart's fields again.",
        ) from None


def _numeric(column: ResultColumn) -> ResultColumn:
    if column.type not in NUMERIC_TYPES:
        raise ChartError(
            f"{column.label} holds no numbers, so it cannot be drawn as a value.",
            hint="Choose a number, or count the rows.",
        )
    return column


def _default_x(result: Result, chart: ChartSpec) -> ResultColumn | None:
    drawn = set(chart.y) | {chart.series}
    free = [column for column in result.columns if column.key not in drawn]
    dimensions = [column for column in free if not is_measure(column)]
    if chart.kind is ChartKind.SCATTER and dimensions and len(free) - len(dimensions) >= 2:
        # Grouped rows with two measures: a dot for each group, placed by both.
        return next(column for column in free if is_measure(column))
    if chart.kind is ChartKind.SCATTER:
        numbers = [column for column in dimensions if column.type in NUMERIC_TYPES]
        return next(iter([*numbers, *dimensions, *free]), None)
    if all(column.type in NUMERIC_TYPES for column in dimensions):
        return dimensions[0] if dimensions else None
    return next(
        column for column in dimensions if column.type not in NUMERIC_TYPES or column.key == "d1"
    )


def _default_y(result: Result, x: ResultColumn | None) -> tuple[ResultColumn, ...]:
    rest = [column for column in result.columns if x is None or column.key != x.key]
    measures = tuple(column for column in rest if is_measure(column))
    return measures or tuple(column for column in rest if column.type in NUMERIC_TYPES)


def _default_series(
    result: Result, chart: ChartSpec, x: ResultColumn | None, y: tuple[ResultColumn, ...]
) -> ResultColumn | None:
    """Grouped by two things, one measure: the second thing tells the series apart."""
    if chart.kind in {ChartKind.PIE, ChartKind.NUMBER, ChartKind.SCATTER, ChartKind.TABLE}:
        return None
    if x is None or len(y) != 1 or not is_measure(y[0]):
        return None
    used = {x.key, y[0].key}
    free = [c for c in result.columns if c.key not in used and not is_measure(c)]
    return free[0] if free else None
