"""A chart in one sentence, for screen readers and captions."""

from __future__ import annotations

from collections.abc import Callable

from catalog.charts.errors import ChartError
from catalog.charts.fields import fields
from catalog.charts.formats import EN, Locale, NumberFormat, chart_format, format_number, to_number
from catalog.charts.frame import OTHER, Frame, Series, frame
from catalog.charts.number import number
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.result import Result

_KINDS = {
    ChartKind.BAR: ("Bar chart", "bar"),
    ChartKind.LINE: ("Line chart", "point"),
    ChartKind.AREA: ("Area chart", "point"),
    ChartKind.PIE: ("Pie chart", "part"),
    ChartKind.SCATTER: ("Scatter chart", "point"),
}


def summarise(result: Result, chart: ChartSpec, title: str, locale: Locale = EN) -> str:
    """Like "Line chart of Revenue by Month, 12 points from Jan 2024 (1,200) to Dec 2024 (3,400);
    highest Nov 2024 (3,900)."."""
    name = " ".join(title.split()).rstrip(".") or "the result"
    try:
        return _sentence(result, chart, name, locale)
    except ChartError as error:
        return f"{_kind(chart)} of {name}: {error.message}"


def _sentence(result: Result, chart: ChartSpec, name: str, locale: Locale) -> str:
    if not result.rows:
        return f"{_kind(chart)} of {name}: no rows."
    if chart.kind is ChartKind.TABLE:
        return _table(result, name)
    if chart.kind is ChartKind.NUMBER:
        return number(result, chart, locale=locale).sentence
    if chart.kind is ChartKind.SCATTER:
        return _scatter(result, chart, name, locale)
    drawing = frame(result, chart, locale)
    if not drawing.has_numbers:
        return f"{_kind(chart)} of {name}: no numbers."
    if chart.kind is ChartKind.PIE:
        return _pie(drawing, name)
    return _cartesian(drawing, chart, name, locale)


def _kind(chart: ChartSpec) -> str:
    return _KINDS[chart.kind][0] if chart.kind in _KINDS else chart.kind.value.capitalize()


def _table(result: Result, name: str) -> str:
    labels = [column.label for column in result.columns]
    shown = ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")
    rows = "the first " if result.truncated else ""
    columns = _count(len(labels), "column")
    return f"Table of {name}, {rows}{_count(len(result.rows), 'row')} and {columns}: {shown}."


def _cartesian(drawing: Frame, chart: ChartSpec, name: str, locale: Locale) -> str:
    kind, mark = _KINDS[chart.kind]
    first = drawing.series[0]
    count = len(drawing.categories)
    parts = [f"{kind} of {name}"]
    if len(drawing.series) > 1:
        names = ", ".join(line.name for line in drawing.series)
        parts.append(f"{len(drawing.series)} series ({names})")
    said = _count(count, mark) + (_ends(drawing, chart, locale) if _one(drawing) else "")
    parts.append(said)
    sentence = ", ".join(parts)
    extremes = [("highest", max)] if drawing.is_time else [("highest", max), ("lowest", min)]
    if count > 1 and _same_measure(drawing, first):
        sentence += "; " + ", ".join(
            f"{word} {_extreme(drawing, chart, choose, locale)}" for word, choose in extremes
        )
    return sentence + "."


def _one(drawing: Frame) -> bool:
    return len(drawing.series) == 1 and drawing.is_time


def _same_measure(drawing: Frame, first: Series) -> bool:
    return all(line.column.key == first.column.key for line in drawing.series)


def _ends(drawing: Frame, chart: ChartSpec, locale: Locale) -> str:
    line = drawing.series[0]
    form = chart_format(chart, line.column)
    known = [at for at, value in enumerate(line.values) if value is not None]
    first, last = known[0], known[-1]
    if first == last:
        return f", {_point(drawing, line, first, form, locale)}"
    start, end = (_point(drawing, line, at, form, locale) for at in (first, last))
    return f" from {start} to {end}"


def _point(drawing: Frame, line: Series, at: int, form: NumberFormat, locale: Locale) -> str:
    value = line.values[at]
    text = "none" if value is None else format_number(value, form, locale)
    return f"{drawing.categories[at]} ({text})"


def _extreme(
    drawing: Frame, chart: ChartSpec, choose: Callable[..., tuple[float, int, int]], locale: Locale
) -> str:
    # Minus the position: of equal values the first is named (max), for min the position itself.
    sign = -1 if choose is max else 1
    _, series, at = choose(
        (value, sign * position, sign * at)
        for position, line in enumerate(drawing.series)
        for at, value in enumerate(line.values)
        if value is not None and drawing.categories[at] != OTHER
    )
    line = drawing.series[abs(series)]
    prefix = f"{line.name} in " if len(drawing.series) > 1 else ""
    form = chart_format(chart, line.column)
    return prefix + _point(drawing, line, abs(at), form, locale)


def _pie(drawing: Frame, name: str) -> str:
    line = drawing.series[0]
    total = line.weight
    if not total or any(value is not None and value < 0 for value in line.values):
        return f"Pie chart of {name}: the values are no parts of a whole."
    pairs = zip(drawing.categories, line.values, strict=True)
    parts = sorted(((v, n) for n, v in pairs if v), key=lambda part: -part[0])
    shares = [f"{n} ({format_number(v / total, NumberFormat('percent'))})" for v, n in parts]
    rest = f", then {', '.join(shares[1:3])}" if len(shares) > 1 else ""
    return f"Pie chart of {name}, {_count(len(parts), 'part')}; largest {shares[0]}{rest}."


def _scatter(result: Result, chart: ChartSpec, name: str, locale: Locale) -> str:
    chosen = fields(result, chart)
    columns = [column for column in (chosen.x, *chosen.y[:1]) if column is not None]
    said = []
    for column in columns:
        at = result.index(column.key)
        values = [v for row in result.rows if (v := to_number(row[at])) is not None]
        if values:
            form = chart_format(chart, column)
            low, high = (format_number(end, form, locale) for end in (min(values), max(values)))
            said.append(f"{column.label} from {low} to {high}")
    points = _count(len(result.rows), "point")
    return f"Scatter chart of {name}, {points}" + ("; " + ", ".join(said) if said else "") + "."


def _count(number_of: int, noun: str) -> str:
    return f"{number_of:,} {noun}" + ("" if number_of == 1 else "s")
