"""Axes, grid, goal and zoom of charts with two axes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from catalog.charts.formats import chart_format, drawable, format_number
from catalog.charts.frame import Frame
from catalog.charts.spec import ChartKind, ChartSpec

ZOOM_FROM = 60
LONGEST_LABEL = 80

_ALL_NAMED = 30
_CROWDED = 6
_WIDE_LABEL = 12
_SHOWN_BARS = 40


def category_axis(drawing: Frame, chart: ChartSpec, *, horizontal: bool) -> dict[str, Any]:
    names = [shortened(name) for name in drawing.categories]
    label: dict[str, Any] = {"hideOverlap": True, "overflow": "truncate"}
    label["width"] = 160 if horizontal else 120
    if not drawing.is_time and len(names) <= _ALL_NAMED:
        label["interval"] = 0
        label["hideOverlap"] = False
        if not horizontal and _needs_turning(names):
            label["rotate"] = 35
    axis: dict[str, Any] = {
        "type": "category",
        "data": names,
        "boundaryGap": chart.kind is ChartKind.BAR,
        "offset": 4 if drawing.is_time and not horizontal else 0,
        "axisLabel": label,
        "axisTick": {"alignWithLabel": True},
    }
    if horizontal:
        axis["inverse"] = True  # the first category on top
    return axis | _name(chart.x_title, "middle")


def numeric_axis(drawing: Frame, chart: ChartSpec) -> dict[str, Any]:
    """A number along the line, at its true distances."""
    axis: dict[str, Any] = {"type": "value", "scale": True, "axisLabel": {"hideOverlap": True}}
    if drawing.x is not None and drawing.x.type == "integer":
        axis["minInterval"] = 1
    title = chart.x_title or (drawing.x.label if drawing.x else "")
    return axis | _name(title, "middle")


def value_axis(
    drawing: Frame, chart: ChartSpec, *, log: bool = False, stacked: bool = False
) -> dict[str, Any]:
    low, high = extent(drawing, stacked=stacked)
    axis: dict[str, Any] = {
        "type": "log" if log else "value",
        "splitNumber": 4,
        "axisLabel": {"hideOverlap": True},
    }
    if chart.kind is ChartKind.LINE and not log and _far_from_zero(low, high):
        axis["scale"] = True  # bars and areas always start at zero: their size is the message
    if chart.goal is not None and not log:
        axis |= _room_for(chart.goal, low, high, scaled="scale" in axis)
    whole = {"count", "count_distinct"}
    if all(line.column.aggregate in whole for line in drawing.series):
        axis["minInterval"] = 1
    title = chart.y_title or (drawing.series[0].column.label if _one_measure(drawing) else "")
    return axis | _name(title, "middle" if chart.horizontal else "end")


def goal_line(goal: float, chart: ChartSpec, drawing: Frame, *, along: str) -> dict[str, Any]:
    form = chart_format(chart, drawing.series[0].column)
    places = 2 if form.decimals is None and form.kind == "currency" else form.decimals
    text = format_number(goal, replace(form, decimals=places, trim=True))
    return {
        "symbol": "none",
        "silent": True,
        "data": [{along: goal}],
        "label": {
            "formatter": f"Goal {text}",
            "position": "start" if along == "xAxis" else "insideEndTop",
        },
        "lineStyle": {"type": "dashed", "width": 1.5},
    }


def grid(
    drawing: Frame, *, legend: bool, direct: bool, slider: bool, vertical: bool, goal: bool
) -> dict[str, Any]:
    top = 8 + (28 if legend else 0) + (20 if vertical and goal else 0)
    longest = max((len(line.name) for line in drawing.series), default=0)
    return {
        "left": 4,
        "right": min(160, 20 + 7 * longest) if direct else (36 if slider and vertical else 16),
        "top": top,
        "bottom": 36 if slider and not vertical else 4,
        # Labels and names of the axes stay inside these bounds.
        "outerBoundsMode": "same",
        "outerBoundsContain": "all",
    }


def zoom(drawing: Frame, chart: ChartSpec, *, horizontal: bool) -> list[dict[str, Any]]:
    """A slider, and only that: zooming by the wheel would take the page's scrolling away."""
    count = len(drawing.categories)
    if count <= ZOOM_FROM:
        return []
    slider: dict[str, Any] = {"type": "slider", "showDetail": False, "brushSelect": False}
    slider |= {"yAxisIndex": 0, "width": 16, "right": 4} if horizontal else {
        "xAxisIndex": 0, "height": 16, "bottom": 4,
    }  # fmt: skip
    if chart.kind is ChartKind.BAR and not drawing.is_time:
        slider |= {"startValue": 0, "endValue": _SHOWN_BARS - 1}
    return [slider]


def axis_ends(drawing: Frame, chart: ChartSpec, *, stacked: bool = False) -> tuple[float, float]:
    """Where the value axis begins and ends, about: labels are as short as that allows."""
    low, high = extent(drawing, stacked=stacked)
    if chart.goal is not None:
        low, high = min(low, chart.goal), max(high, chart.goal)
    if chart.kind is ChartKind.LINE and _far_from_zero(low, high):
        return low, high
    return min(low, 0.0), max(high, 0.0)


def shortened(name: str) -> str:
    flat = " ".join(drawable(name).split()) or name
    return flat if len(flat) <= LONGEST_LABEL else flat[: LONGEST_LABEL - 1] + "…"


def _name(title: str, location: str) -> dict[str, Any]:
    if not title:
        return {}
    axis: dict[str, Any] = {"name": shortened(title), "nameLocation": location}
    if location == "middle":
        axis["nameGap"] = 26
    if location == "end":
        axis["nameTextStyle"] = {"align": "left", "padding": [0, 0, 0, -24]}
    return axis


def _one_measure(drawing: Frame) -> bool:
    return len({line.column.key for line in drawing.series}) == 1


def _needs_turning(names: list[str]) -> bool:
    return len(names) > _CROWDED and max(map(len, names), default=0) * len(names) > _WIDE_LABEL * 8


def extent(drawing: Frame, *, stacked: bool) -> tuple[float, float]:
    columns = zip(*(line.values for line in drawing.series), strict=True)
    ends: list[float] = []
    for column in columns:
        values = [value for value in column if value is not None]
        ends += (
            [sum(v for v in values if v < 0), sum(v for v in values if v > 0)]
            if stacked
            else values
        )
    finite = [end for end in ends if math.isfinite(end)]
    return (min(finite), max(finite)) if finite else (0.0, 0.0)


def _far_from_zero(low: float, high: float) -> bool:
    """Where a line from zero would look flat."""
    nearest, farthest = sorted((abs(low), abs(high)))
    return low * high > 0 and farthest - nearest < 0.25 * farthest


def _room_for(goal: float, low: float, high: float, *, scaled: bool) -> dict[str, float]:
    """ECharts does not count a goal beyond the data when it chooses the axis' ends."""
    if goal > max(high, 0 if not scaled else high):
        return {"max": round_up(goal * 1.02)}
    if goal < min(low, 0 if not scaled else low):
        return {"min": -round_up(-goal * 1.02) if goal < 0 else 0.0}
    return {}


def round_up(value: float) -> float:
    """The next number whose first digits are 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 or 8."""
    if value <= 0 or not math.isfinite(value):
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12):
        if power and step * power >= value and math.isfinite(step * power):
            return step * power
    return value
