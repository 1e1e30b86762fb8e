"""One function turns a result and its chart into an ECharts option: plain JSON for the browser,
for the server's SVG and, through it, for documents.

The option holds no function, no text colour and no title (the card around it has one). Marks are
coloured by their position in ``color``. What must be computed while drawing, ``static/js/
chart-drawing.js`` adds from the key ``rm``: number formats of the axes, labels and tooltips.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.charts.cartesian import cartesian
from catalog.charts.errors import ChartError
from catalog.charts.formats import EN, Locale, chart_format
from catalog.charts.frame import Frame, frame
from catalog.charts.palette import palette
from catalog.charts.scatter import scatter
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.charts.summary import summarise
from catalog.query.result import Result

Option = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """``option`` is None where there is nothing to draw; ``message`` then says why, in a
    sentence. ``notes`` say what a reader of the picture must know (what "Other" stands for)."""

    option: Option | None
    message: str = ""
    notes: tuple[str, ...] = ()


def echarts_option(
    result: Result, chart: ChartSpec, *, title: str, dark: bool = False
) -> Option | None:
    """The option alone; None where there is nothing to draw."""
    return draw(result, chart, title=title, dark=dark).option


def draw(
    result: Result,
    chart: ChartSpec,
    *,
    title: str,
    dark: bool = False,
    colours: Sequence[str] | None = None,
    locale: Locale = EN,
) -> Drawing:
    """Raises ``ValueError`` when one of an organisation's own ``colours`` is not ``#rrggbb``."""
    if chart.kind in {ChartKind.TABLE, ChartKind.NUMBER}:
        return Drawing(None, f"A {chart.kind.value} is drawn without a picture.")
    if not result.rows:
        return Drawing(None, "No rows match, so there is nothing to draw.")
    chosen = palette(dark=dark, own=colours)
    try:
        body, notes = _body(result, chart, locale)
    except ChartError as error:
        return Drawing(None, " ".join(part for part in (error.message, error.hint) if part))
    frame_of_all = _common(chosen, summarise(result, chart, title, locale))
    option = _merged(frame_of_all, body, locale)
    option["rm"]["own"] = bool(colours)  # else the browser takes the palette of its theme
    return Drawing(option, notes=tuple(notes))


def _body(result: Result, chart: ChartSpec, locale: Locale) -> tuple[Option, list[str]]:
    if chart.kind is ChartKind.SCATTER:
        return scatter(result, chart)
    drawing = frame(result, chart, locale)
    if not drawing.has_numbers:
        raise ChartError(
            "The result holds no numbers to draw.", hint="Choose a number, or count the rows."
        )
    ways: dict[ChartKind, Callable[[Frame, ChartSpec], tuple[Option, list[str]]]] = {
        ChartKind.PIE: _pie,
    }
    return ways.get(chart.kind, cartesian)(drawing, chart)


def _common(colours: list[str], description: str) -> Option:
    return {
        "backgroundColor": "transparent",
        "color": colours,
        "animationDuration": 200,
        "animationDurationUpdate": 150,
        "useUTC": True,
        "aria": {"enabled": True, "label": {"enabled": True, "description": description}},
        # The HTML tooltip sets inline styles, which our content policy forbids.
        "tooltip": {"renderMode": "richText", "confine": True},
    }


def _merged(common: Option, body: Option, locale: Locale) -> Option:
    tooltip = {**common["tooltip"], **body.pop("tooltip", {})}
    rm = {**body.pop("rm", {}), "locale": asdict(locale)}
    return {**common, **body, "tooltip": tooltip, "rm": rm}


def _pie(drawing: Frame, chart: ChartSpec) -> tuple[Option, list[str]]:
    line, notes = drawing.series[0], list(drawing.notes)
    if any(value is not None and value < 0 for value in line.values):
        raise ChartError(
            "A pie shows parts of a whole, and some values are negative.",
            hint="A bar chart shows them.",
        )
    if not line.weight:
        raise ChartError("All values are zero, so a pie has no parts to show.")
    if len(drawing.series) > 1:
        notes.append(f"Only {line.name} is drawn: a pie shows one number.")
    data = [
        {"name": name, "value": value}
        for name, value in zip(drawing.categories, line.values, strict=True)
        if value
    ]
    series = {
        "type": "pie",
        "name": line.name,
        "radius": ["38%", "68%"],
        "padAngle": 1,
        "percentPrecision": 1,
        "data": data,
        # {b} the part's name, {d} its share.
        "label": {"show": True, "formatter": "{b} {d}%", "width": 190, "overflow": "truncate"},
        "minShowLabelAngle": 4,
        "labelLine": {"length": 8, "length2": 8},
        "avoidLabelOverlap": True,
    }
    rm = {"series": [asdict(chart_format(chart, line.column))], "cells": drawing.cells}
    option = {"series": [series], "tooltip": {"trigger": "item"}, "legend": {"show": False}}
    return {**option, "rm": rm}, notes
