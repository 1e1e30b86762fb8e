"""Whatever a query gives back, a chart is drawn or a sentence says why not."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.charts.errors import ChartError
from catalog.charts.number import number
from catalog.charts.option import draw
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.charts.suggest import suggest_for_result
from catalog.charts.summary import summarise
from catalog.charts.table import table
from catalog.query.result import Result, ResultColumn

CELLS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers() | st.integers(-5, 5),
    "decimal": st.decimals(allow_nan=True).map(str),
    "number": st.floats(),
    "text": st.text(max_size=30) | st.sampled_from(["__proto__", "constructor", "{a|b}", "•••"]),
    "boolean": st.booleans(),
    "date": st.dates().map(date.isoformat),
    "datetime": st.datetimes().map(datetime.isoformat),
    "time": st.times().map(str),
}
TYPES = st.sampled_from(list(CELLS))
GRAINS = st.sampled_from([None, "hour", "day", "week", "month", "quarter", "year"])
AGGREGATES = st.sampled_from(["sum", "avg", "min", "max", "count", "median"])


@st.composite
def results(draw_: st.DrawFn) -> Result:
    columns = []
    for at in range(draw_(st.integers(0, 3))):
        kind = draw_(TYPES)
        grain = draw_(GRAINS) if kind in {"date", "datetime"} else None
        columns.append(ResultColumn(f"d{at + 1}", f"D{at}", kind, grain=grain))
    for at in range(draw_(st.integers(0, 2))):
        kind = draw_(st.sampled_from(["integer", "decimal", "number"]))
        columns.append(ResultColumn(f"m{at + 1}", f"M{at}", kind, aggregate=draw_(AGGREGATES)))
    row = st.tuples(*(st.none() | CELLS[column.type] for column in columns)).map(list)
    return Result(columns, draw_(st.lists(row, max_size=12)) if columns else [])


CHARTS = st.builds(
    ChartSpec,
    kind=st.sampled_from(ChartKind),
    stacked=st.booleans(),
    horizontal=st.booleans(),
    log_scale=st.booleans(),
    labels=st.booleans(),
    totals=st.booleans(),
    goal=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    top_n=st.none() | st.integers(1, 5),
    number_format=st.sampled_from(["auto", "integer", "percent", "compact", "currency"]),
    x=st.none() | st.sampled_from(["d1", "d2", "m1"]),
    series=st.none() | st.sampled_from(["d1", "d2"]),
)


@settings(max_examples=300, deadline=None)
@given(result=results(), chart=CHARTS)
def test_every_result_is_drawn_or_refused_in_words(result: Result, chart: ChartSpec) -> None:
    drawn = draw(result, chart, title="Anything")
    if drawn.option is None:
        assert drawn.message.endswith(".")
    else:
        json.dumps(drawn.option, allow_nan=False)
        assert drawn.option["series"]
        assert all(math.isfinite(value) for value in _values(drawn.option))


@settings(max_examples=200, deadline=None)
@given(result=results(), chart=CHARTS)
def test_every_result_has_a_sentence_a_table_and_a_suggestion(
    result: Result, chart: ChartSpec
) -> None:
    assert summarise(result, chart, "Anything").endswith(".")
    twin = table(result, chart)
    assert [len(row) for row in twin.rows] == [len(result.columns)] * len(result.rows)
    spec, reason = suggest_for_result(result)
    assert reason.endswith(".")
    if spec.kind not in {ChartKind.TABLE, ChartKind.NUMBER}:
        for key in (spec.x, spec.series, *spec.y):
            assert key is None or result.index(key) >= 0


@settings(max_examples=200, deadline=None)
@given(result=results(), chart=CHARTS)
def test_every_result_has_a_figure_or_says_why_not(result: Result, chart: ChartSpec) -> None:
    try:
        sentence = number(result, chart).sentence
    except ChartError as error:
        sentence = str(error)
    assert sentence.endswith(".")


def _values(part: Any) -> list[float]:
    if isinstance(part, dict):
        return [value for inner in part.values() for value in _values(inner)]
    if isinstance(part, list):
        return [value for inner in part for value in _values(inner)]
    return [part] if isinstance(part, (int, float)) else []
