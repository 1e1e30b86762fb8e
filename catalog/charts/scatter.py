"""Dots placed by two numbers (or by time and a number)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import Any

from catalog.charts.axes import goal_line, grid, numeric_axis, value_axis, zoom
from catalog.charts.cartesian import MARKERS
from catalog.charts.errors import ChartError
from catalog.charts.fields import Fields, fields, is_time
from catalog.charts.formats import (
    EMPTY,
    NUMERIC_TYPES,
    axis_format,
    chart_format,
    drawable,
    format_cell,
    parse_time,
    to_number,
)
from catalog.charts.frame import OTHER, Frame, Series
from catalog.charts.palette import MAX_SERIES
from catalog.charts.spec import ChartSpec
from catalog.query.result import Cell, Result, ResultColumn

# More cost tenths of a second to draw and show a blot.
MOST_DOTS = 1000

Dot = tuple[float, float]


def scatter(result: Result, chart: ChartSpec) -> tuple[dict[str, Any], list[str]]:
    chosen = fields(result, chart)
    x = _across(chosen)
    if not chosen.y:
        raise ChartError("A scatter chart needs two numbers.", hint="Choose a second number.")
    y = chosen.y[0]
    groups, notes = _dots(result, chosen, x, y)
    if not groups:
        raise ChartError("No row has both numbers, so there is nothing to draw.")
    drawing = Frame(x, [], [], [Series(n, y, [d[1] for d in dots]) for n, dots in groups], notes)
    series = [
        {
            "type": "scatter",
            "name": name,
            "symbol": MARKERS[position % len(MARKERS)],
            "symbolSize": 8,
            "itemStyle": {"opacity": 0.75},
            "data": [list(dot) for dot in dots],
        }
        for position, (name, dots) in enumerate(groups)
    ]
    log = chart.log_scale and all(dot[1] > 0 for _, dots in groups for dot in dots)
    if chart.log_scale and not log:
        notes.append("Some values are zero or less; a linear scale is used.")
    if chart.goal is not None and not (log and chart.goal <= 0):
        series[0]["markLine"] = goal_line(chart.goal, chart, drawing, along="yAxis")
    legend = len(series) > 1
    across = numeric_axis(drawing, chart)
    if is_time(x):
        across = {**across, "type": "time"}
    values = value_axis(_padded(drawing), chart, log=log) | {"scale": True}
    return {
        "grid": grid(
            drawing, legend=legend, direct=False, slider=False, vertical=False, goal=False
        ),
        "xAxis": across,
        "yAxis": values,
        "legend": {"show": legend, "top": 0, "left": 0, "type": "scroll"},
        "tooltip": {"trigger": "item"},
        "dataZoom": zoom(drawing, chart, horizontal=False),
        "series": series,
        "rm": _formats(chart, x, y, groups),
    }, notes


def _across(chosen: Fields) -> ResultColumn:
    if chosen.x is None or not (chosen.x.type in NUMERIC_TYPES or is_time(chosen.x)):
        raise ChartError(
            "A scatter chart needs a number or a time across.",
            hint="Choose one, or draw a bar chart.",
        )
    return chosen.x


def _dots(
    result: Result, chosen: Fields, x: ResultColumn, y: ResultColumn
) -> tuple[list[tuple[str, list[Dot]]], list[str]]:
    at, place = result.index(x.key), result.index(y.key)
    by = result.index(chosen.series.key) if chosen.series else None
    groups: dict[str, list[Dot]] = {}
    for row in result.rows:
        across, up = _position(row[at], x), to_number(row[place])
        if across is None or up is None:
            continue
        name = drawable(y.label)
        if by is not None and chosen.series is not None:
            name = drawable(format_cell(row[by], chosen.series)) or EMPTY
        groups.setdefault(name, []).append((across, up))
    notes: list[str] = []
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    if len(ordered) > MAX_SERIES:
        rest = [dot for _, dots in ordered[MAX_SERIES:] for dot in dots]
        notes.append(f"{OTHER} stands for {len(ordered) - MAX_SERIES:,} more series.")
        ordered = [*ordered[:MAX_SERIES], (OTHER, rest)]
    return _thinned(ordered, notes), notes


def _position(cell: Cell, x: ResultColumn) -> float | None:
    """Times become milliseconds of the wall clock, read as UTC on both sides."""
    if not is_time(x):
        return to_number(cell)
    moment = parse_time(cell)
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp() * 1000


def _thinned(groups: list[tuple[str, list[Dot]]], notes: list[str]) -> list[tuple[str, list[Dot]]]:
    """Every n-th dot of each series, and those farthest out."""
    total = sum(len(dots) for _, dots in groups)
    if total <= MOST_DOTS:
        return groups
    step = -(-total // MOST_DOTS)
    thinned = [(name, _every(dots, step)) for name, dots in groups]
    drawn = sum(len(dots) for _, dots in thinned)
    notes.append(f"{drawn:,} of {total:,} points are drawn.")
    return thinned


def _every(dots: list[Dot], step: int) -> list[Dot]:
    far = {
        min(dots),
        max(dots),
        min(dots, key=lambda dot: dot[1]),
        max(dots, key=lambda dot: dot[1]),
    }
    return [dot for number, dot in enumerate(dots) if number % step == 0 or dot in far]


def _padded(drawing: Frame) -> Frame:
    """Series of one length, as the value axis reads them side by side."""
    longest = max(len(line.values) for line in drawing.series)
    series = [
        Series(line.name, line.column, line.values + [None] * (longest - len(line.values)))
        for line in drawing.series
    ]
    return Frame(drawing.x, drawing.cells, drawing.categories, series, drawing.notes)


def _formats(
    chart: ChartSpec, x: ResultColumn, y: ResultColumn, groups: list[tuple[str, list[Dot]]]
) -> dict[str, Any]:
    dots = [dot for _, dots in groups for dot in dots]
    form = chart_format(chart, y)
    ups = [up for _, up in dots]
    axes = {"y": asdict(axis_format(form, min(ups), max(ups)))}
    if x.type in NUMERIC_TYPES:
        across = [at for at, _ in dots]
        axes["x"] = asdict(axis_format(chart_format(chart, x), min(across), max(across)))
    return {"axes": axes, "series": [asdict(form)] * len(groups), "cells": []}
