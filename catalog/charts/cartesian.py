"""Bars, lines and areas: two axes, one of categories or time and one of values."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from catalog.charts.axes import (
    axis_ends,
    category_axis,
    goal_line,
    grid,
    numeric_axis,
    value_axis,
    zoom,
)
from catalog.charts.formats import NUMERIC_TYPES, axis_format, chart_format, to_number
from catalog.charts.frame import Frame, Series
from catalog.charts.spec import ChartKind, ChartSpec

# With the colour they tell series apart, so that no one needs to see colours.
DASHES: tuple[str | list[int], ...] = (
    "solid",
    "dashed",
    "dotted",
    [8, 3, 2, 3],
    [12, 4],
    [2, 5],
    "solid",
)
MARKERS = ("circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle")

_LABELLED_BARS = 12
_END_LABELS = 3
_MARKED_POINTS = 40
_MANY_POINTS = 1000


def cartesian(drawing: Frame, chart: ChartSpec) -> tuple[dict[str, Any], list[str]]:
    notes = list(drawing.notes)
    stacked = chart.stacked and len(drawing.series) > 1
    log = chart.log_scale and not stacked
    if chart.log_scale and stacked:
        notes.append("Stacked values have no logarithmic scale; a linear one is used.")
    lines = [_positive(line, notes) for line in drawing.series] if log else drawing.series
    drawing = replace(drawing, series=lines)
    numeric_x = _has_numeric_x(drawing, chart)
    direct = _ends_labelled(drawing, chart, stacked=stacked)
    horizontal = chart.horizontal and chart.kind is ChartKind.BAR
    values = value_axis(drawing, chart, log=log, stacked=stacked)
    along = (
        numeric_axis(drawing, chart)
        if numeric_x
        else category_axis(drawing, chart, horizontal=horizontal)
    )
    series = [
        _series(line, position, drawing, chart, stacked=stacked, direct=direct, numeric_x=numeric_x)
        for position, line in enumerate(drawing.series)
    ]
    if chart.goal is not None and not (log and chart.goal <= 0):
        series[0]["markLine"] = goal_line(
            chart.goal, chart, drawing, along="xAxis" if horizontal else "yAxis"
        )
    legend = len(series) > 1 and not direct
    slider = [] if numeric_x else zoom(drawing, chart, horizontal=horizontal)
    return {
        "grid": grid(
            drawing,
            legend=legend,
            direct=direct,
            slider=bool(slider),
            vertical=horizontal,
            goal=chart.goal is not None,
        ),
        "xAxis": values if horizontal else along,
        "yAxis": along if horizontal else values,
        "legend": {"show": legend, "top": 0, "left": 0, "itemWidth": 22, "type": "scroll"},
        "tooltip": {"trigger": "axis"},
        "dataZoom": slider,
        "series": series,
        "rm": _formats(drawing, chart, stacked=stacked, horizontal=horizontal, numeric_x=numeric_x),
    }, notes


def _series(
    line: Series,
    position: int,
    drawing: Frame,
    chart: ChartSpec,
    *,
    stacked: bool,
    direct: bool,
    numeric_x: bool,
) -> dict[str, Any]:
    data: list[Any] = list(line.values)
    if numeric_x:
        pairs = zip(map(to_number, drawing.cells), line.values, strict=True)
        data = sorted(([x, y] for x, y in pairs if x is not None), key=lambda pair: pair[0])
    series: dict[str, Any] = {"name": line.name, "data": data}
    if stacked:
        series["stack"] = "all"
    if chart.kind is ChartKind.BAR:
        return series | _bar(line, drawing, chart, stacked=stacked)
    series |= _line(line, position, many=len(data) > _MANY_POINTS)
    if chart.kind is ChartKind.AREA:
        series["areaStyle"] = {"opacity": 0.65 if stacked else 0.15}
    if chart.labels:
        series["label"] = {"show": True, "position": "top"}
        series["showSymbol"] = True  # labels hang on the markers
    if direct:
        series["endLabel"] = {
            "show": True,
            "formatter": "{a}",
            "width": 150,
            "overflow": "truncate",
        }
        series["labelLayout"] = {"moveOverlap": "shiftY"}
    return series


def _bar(line: Series, drawing: Frame, chart: ChartSpec, *, stacked: bool) -> dict[str, Any]:
    few = len(drawing.series) == 1 and len(drawing.categories) <= _LABELLED_BARS
    bar: dict[str, Any] = {"type": "bar", "barMaxWidth": 48}
    if chart.labels or few:
        outside, below = ("right", "left") if chart.horizontal else ("top", "bottom")
        bar["label"] = {"show": True, "position": "inside" if stacked else outside}
        if not stacked:
            bar["data"] = [_below(value, below) for value in line.values]
        bar["labelLayout"] = {"hideOverlap": True}
    return bar


def _below(value: float | None, position: str) -> Any:
    if value is None or value >= 0:
        return value
    return {"value": value, "label": {"position": position}}


def _line(line: Series, position: int, *, many: bool) -> dict[str, Any]:
    style: dict[str, Any] = {
        "type": "line",
        "symbol": MARKERS[position % len(MARKERS)],
        "symbolSize": 6,
        "showSymbol": len(line.values) <= _MARKED_POINTS or _has_lone_point(line),
        "connectNulls": False,
        "lineStyle": {"width": 2, "type": DASHES[position % len(DASHES)]},
    }
    return style | ({"sampling": "lttb"} if many else {})


def _has_lone_point(line: Series) -> bool:
    """A point between two gaps is invisible without a marker."""
    values = [None, *line.values, None]
    return any(
        here is not None and before is None and after is None
        for before, here, after in zip(values, values[1:], values[2:], strict=False)
    )


def _has_numeric_x(drawing: Frame, chart: ChartSpec) -> bool:
    numeric = drawing.x is not None and drawing.x.type in NUMERIC_TYPES
    return numeric and chart.kind is not ChartKind.BAR


def _ends_labelled(drawing: Frame, chart: ChartSpec, *, stacked: bool) -> bool:
    """Names at the ends of up to three lines say more than a legend, if every line gets there."""
    if chart.kind is ChartKind.BAR or stacked or chart.labels:
        return False
    if not 2 <= len(drawing.series) <= _END_LABELS:
        return False
    return all(line.values and line.values[-1] is not None for line in drawing.series)


def _positive(line: Series, notes: list[str]) -> Series:
    values = [value if value is not None and value > 0 else None for value in line.values]
    lost = sum(value is not None for value in line.values) - sum(v is not None for v in values)
    if lost:
        notes.append(
            f"{lost:,} values of {line.name} are zero or less: "
            "a logarithmic scale has no place for them."
        )
    return replace(line, values=values)


def _formats(
    drawing: Frame, chart: ChartSpec, *, stacked: bool, horizontal: bool, numeric_x: bool
) -> dict[str, Any]:
    forms = [chart_format(chart, line.column) for line in drawing.series]
    ends = axis_ends(drawing, chart, stacked=stacked)
    axes = {"x" if horizontal else "y": asdict(axis_format(forms[0], *ends))}
    if numeric_x and drawing.x is not None:
        across = [value for cell in drawing.cells if (value := to_number(cell)) is not None]
        form = chart_format(chart, drawing.x)
        axes["x"] = asdict(axis_format(form, min(across, default=0), max(across, default=0)))
    return {"axes": axes, "series": [asdict(form) for form in forms], "cells": drawing.cells}
