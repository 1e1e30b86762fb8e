"""From rows to what every chart draws: categories along one axis, a list of values per series.

Shared by the ECharts option, the sentence for screen readers and native charts in documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from catalog.charts.buckets import with_gaps
from catalog.charts.fields import Fields, fields, is_additive, is_measure, is_time
from catalog.charts.formats import (
    EMPTY,
    EN,
    Locale,
    chart_format,
    drawable,
    format_cell,
    format_date,
    parse_time,
    to_number,
)
from catalog.charts.palette import MAX_SERIES
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.result import Cell, Result, ResultColumn

OTHER = "Other"
MOST_CATEGORIES = 1000
PIE_PARTS = 6


@dataclass(frozen=True, slots=True)
class Series:
    """``values`` are finite floats, None where there is nothing; one for each category."""

    name: str
    column: ResultColumn
    values: list[float | None]

    @property
    def weight(self) -> float:
        return sum(abs(value) for value in self.values if value is not None)


@dataclass(frozen=True, slots=True)
class Frame:
    """``cells`` are the categories' raw values (None for "Other" and for empty cells)."""

    x: ResultColumn | None
    cells: list[Cell]
    categories: list[str]
    series: list[Series]
    notes: list[str]

    @property
    def is_time(self) -> bool:
        return is_time(self.x)

    @property
    def has_numbers(self) -> bool:
        return any(value is not None for line in self.series for value in line.values)


def frame(result: Result, chart: ChartSpec, locale: Locale = EN) -> Frame:
    """Raises ``ChartError`` when the chart names a field the result does not have."""
    chosen = fields(result, chart)
    drawing = _split(result, chosen) if chosen.series else _columns(result, chosen)
    drawing = _in_time_order(drawing) if drawing.is_time else drawing
    if not drawing.categories:
        drawing = replace(drawing, categories=_labels(drawing, chart, locale))
    if not drawing.is_time:
        drawing = _top(drawing, chart)
    return _few_series(drawing)


def _columns(result: Result, chosen: Fields) -> Frame:
    """One series for each measure; rows of the same group are put together."""
    at = result.index(chosen.x.key) if chosen.x else None
    places = [result.index(column.key) for column in chosen.y]
    grouped = any(is_measure(column) for column in chosen.y)
    rows: dict[object, int] = {}
    cells: list[Cell] = []
    values: list[list[float | None]] = [[] for _ in places]
    notes: set[str] = set()
    for number, row in enumerate(result.rows):
        cell = _sound(row[at]) if at is not None else None
        position = rows.setdefault(cell if grouped and at is not None else (number,), len(cells))
        new = position == len(cells)
        if new:
            cells.append(cell)
        for column, place, line in zip(chosen.y, places, values, strict=True):
            if new:
                line.append(to_number(row[place]))
            else:
                line[position] = _joined(column, [line[position], to_number(row[place])], notes)
    series = [Series(drawable(c.label), c, line) for c, line in zip(chosen.y, values, strict=True)]
    return Frame(chosen.x, cells, [], series, sorted(notes))


def _split(result: Result, chosen: Fields) -> Frame:
    """One measure, one series for each value of a second dimension."""
    if chosen.series is None or not chosen.y:
        return Frame(chosen.x, [], [], [], [])
    measure, by = chosen.y[0], result.index(chosen.series.key)
    at, place = result.index(chosen.x.key) if chosen.x else None, result.index(measure.key)
    cells: dict[Cell, int] = {}
    lines: dict[Cell, dict[int, float | None]] = {}
    notes: set[str] = set()
    for row in result.rows:
        position = cells.setdefault(_sound(row[at]) if at is not None else None, len(cells))
        line = lines.setdefault(row[by], {})
        value = to_number(row[place])
        line[position] = (
            _joined(measure, [line[position], value], notes) if position in line else value
        )
    form = chart_format(None, chosen.series)
    series = [
        Series(
            drawable(format_cell(name, chosen.series, form)) or EMPTY,
            measure,
            [line.get(position) for position in range(len(cells))],
        )
        for name, line in lines.items()
    ]
    return Frame(chosen.x, list(cells), [], series, sorted(notes))


def _sound(cell: Cell) -> Cell:
    """A category as JSON can hold it: infinity and NaN count as empty."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _labels(drawing: Frame, chart: ChartSpec, locale: Locale) -> list[str]:
    if drawing.x is None:
        return ["" for _ in drawing.cells]
    form = chart_format(chart, drawing.x)
    return [drawable(format_cell(cell, drawing.x, form, locale)) or EMPTY for cell in drawing.cells]


def _in_time_order(drawing: Frame) -> Frame:
    """Ascending, with the buckets nobody had a row for; rows without a time are left out."""
    label, grain = (drawing.x.label, drawing.x.grain) if drawing.x else ("", None)
    moments = [parse_time(cell) for cell in drawing.cells]
    order = sorted(
        (moment, position) for position, moment in enumerate(moments) if moment is not None
    )
    notes = list(drawing.notes)
    if len(order) < len(moments):
        notes.append(f"Rows without {label} are left out.")
    kept = [moment for moment, _ in order]
    if grain and len(set(kept)) == len(kept):
        return _on_buckets(drawing, order, with_gaps(kept, grain), notes)
    cells = [drawing.cells[position] for _, position in order]
    picked = _pick(drawing.series, [position for _, position in order])
    labels = [drawable(format_date(str(cell), grain)) for cell in cells]
    return Frame(drawing.x, cells, labels, picked, notes)


def _on_buckets(
    drawing: Frame, order: list[tuple[datetime, int]], buckets: list[datetime], notes: list[str]
) -> Frame:
    column = drawing.x
    positions = dict(order)
    cells: list[Cell] = []
    for bucket in buckets:
        position = positions.get(bucket)
        missing = (
            bucket.date().isoformat() if column and column.type == "date" else bucket.isoformat()
        )
        cells.append(missing if position is None else drawing.cells[position])
    picked = _pick(drawing.series, [positions.get(bucket) for bucket in buckets])
    labels = [
        format_date(bucket.isoformat(), column.grain if column else None) for bucket in buckets
    ]
    return Frame(drawing.x, cells, labels, picked, notes)


def _pick(series: Sequence[Series], positions: Sequence[int | None]) -> list[Series]:
    return [
        replace(line, values=[None if at is None else line.values[at] for at in positions])
        for line in series
    ]


def _top(drawing: Frame, chart: ChartSpec) -> Frame:
    """The biggest N categories in their order, the others as one where that is true to say."""
    if chart.kind is ChartKind.SCATTER:
        return drawing
    most = chart.top_n or (PIE_PARTS if chart.kind is ChartKind.PIE else MOST_CATEGORIES)
    count = len(drawing.cells)
    # "Other" in place of a single category would only hide its name.
    if count <= most + (chart.top_n is None and chart.kind is ChartKind.PIE):
        return drawing
    weights = [sum(abs(line.values[at] or 0.0) for line in drawing.series) for at in range(count)]
    biggest = set(sorted(range(count), key=lambda at: -weights[at])[:most])
    kept = [at for at in range(count) if at in biggest]
    rest = [at for at in range(count) if at not in biggest]
    cells = [drawing.cells[at] for at in kept]
    labels = [drawing.categories[at] for at in kept]
    series = _pick(drawing.series, kept)
    if not all(_summable(line.column, chart) for line in series):
        note = f"The {most:,} largest of {count:,} are drawn."
        return Frame(drawing.x, cells, labels, series, [*drawing.notes, note])
    series = [
        replace(line, values=[*line.values, _total(source.values[at] for at in rest)])
        for line, source in zip(series, drawing.series, strict=True)
    ]
    note = f"{OTHER} stands for {len(rest):,} more."
    return Frame(drawing.x, [*cells, None], [*labels, OTHER], series, [*drawing.notes, note])


def _summable(column: ResultColumn, chart: ChartSpec) -> bool:
    return is_additive(column) or (chart.kind is ChartKind.PIE and column.aggregate is None)


def _few_series(drawing: Frame) -> Frame:
    if len(drawing.series) <= MAX_SERIES:
        return drawing
    weights = [line.weight for line in drawing.series]
    order = sorted(range(len(weights)), key=lambda at: -weights[at])
    biggest = set(order[:MAX_SERIES])
    kept = [line for at, line in enumerate(drawing.series) if at in biggest]
    rest = [line for at, line in enumerate(drawing.series) if at not in biggest]
    same = len({line.column.key for line in drawing.series}) == 1
    if not same or not is_additive(rest[0].column):
        note = f"The {MAX_SERIES} largest of {len(drawing.series):,} series are drawn."
        return replace(drawing, series=kept, notes=[*drawing.notes, note])
    values = [_total(line.values[at] for line in rest) for at in range(len(drawing.cells))]
    note = f"{OTHER} stands for {len(rest):,} more series."
    series = [*kept, Series(OTHER, rest[0].column, values)]
    return replace(drawing, series=series, notes=[*drawing.notes, note])


def _total(values: Iterable[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return to_number(sum(numbers)) if numbers else None


def _joined(column: ResultColumn, values: list[float | None], notes: set[str]) -> float | None:
    """Two values of one point, as the aggregate allows."""
    ways: dict[str | None, Callable[[list[float]], float]] = {
        "sum": sum, "count": sum, "min": min, "max": max,
    }  # fmt: skip
    numbers = [value for value in values if value is not None]
    if not numbers:
        return None
    if column.aggregate in ways:
        return to_number(ways[column.aggregate](numbers))
    if len(numbers) > 1:
        notes.add("Several rows share a point; the last one is drawn.")
    return numbers[-1]
