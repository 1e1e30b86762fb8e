"""The builder's form: a query shown in it and sent back unchanged is the same query."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.forms import builder
from catalog.forms.reports import ReportForm
from catalog.query.relative import PHRASES
from catalog.query.spec import (
    Aggregate,
    Computed,
    Dimension,
    Filter,
    Grain,
    Join,
    Measure,
    Operator,
    ReportQuery,
    Sort,
)
from tests.world import World

COLUMNS = [
    ColumnInfo("day", "Day", "date", "time"),
    ColumnInfo("moment", "Moment", "datetime", "time"),
    ColumnInfo("region", "Region, <b>", "text", "category"),
    ColumnInfo("note.x", "Note", "text", "text"),
    ColumnInfo("amount", "Amount", "decimal", "money"),
    ColumnInfo("ratio", "Ratio", "number", "number"),
    ColumnInfo("pieces", "Pieces", "integer", "number"),
    ColumnInfo("paid", "Paid", "boolean", "boolean"),
]
TABLE = TableInfo("orders", "Orders", COLUMNS)
CUSTOMERS = TableInfo(
    "customers",
    "Customers",
    [ColumnInfo("id", "ID", "integer", "id"), ColumnInfo("city", "City", "text", "geo")],
)
JOIN = Join(table="customers", left_column="pieces", right_column="id")
NAMES = [column.name for column in COLUMNS]
TIMES = ["day", "moment"]
BAR = ChartSpec(kind=ChartKind.BAR)
words = st.text(min_size=1, max_size=12).filter(lambda t: t.strip() == t and "\x00" not in t)
labels = st.none() | st.text(min_size=1, max_size=20)
numbers = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)


def values_for(operator: Operator) -> st.SearchStrategy[tuple[Any, ...]]:
    if operator in builder.BARE:
        return st.just(())
    if operator is Operator.RELATIVE:
        return st.tuples(st.sampled_from(sorted(PHRASES)))
    scalars = words | numbers | st.booleans() | st.dates() | st.datetimes()
    if operator is Operator.BETWEEN:
        return st.tuples(scalars, scalars)
    if operator in builder.LISTS:
        return st.lists(scalars, min_size=1, max_size=4).map(tuple)
    return st.tuples(scalars)


@st.composite
def dimensions(draw: st.DrawFn, names: list[str], *, most: int) -> tuple[Dimension, ...]:
    items = []
    for name in draw(st.lists(st.sampled_from(names), max_size=most, unique=True)):
        grain = draw(st.none() | st.sampled_from(Grain)) if name in TIMES else None
        items.append(Dimension(column=name, grain=grain, label=draw(labels)))
    return tuple(items)


@st.composite
def queries(draw: st.DrawFn) -> ReportQuery:
    joins = (JOIN,) if draw(st.booleans()) else ()
    names = [*NAMES, *(["customers.city", "customers.id"] if joins else [])]
    measures = draw(
        st.lists(
            st.builds(
                Measure,
                aggregate=st.sampled_from(Aggregate),
                column=st.sampled_from(names),
                label=labels,
            )
            | st.builds(Measure, aggregate=st.just(Aggregate.COUNT), label=labels),
            max_size=5,
        )
    )
    filters = []
    for operator in draw(st.lists(st.sampled_from(Operator), max_size=5)):
        values = draw(values_for(operator))
        filters.append(
            Filter(column=draw(st.sampled_from(names)), operator=operator, values=values)
        )
    groups = draw(dimensions(names, most=4 if measures else 6))
    count = len(groups) if groups or measures else len(COLUMNS)
    keys = [f"d{n + 1}" for n in range(count)] + [f"m{n + 1}" for n in range(len(measures))]
    computed: tuple[Computed, ...] = ()
    if measures and draw(st.booleans()):
        computed = (Computed(name="c1", expression=f"{keys[-1]} * 2"),)
    keys += [item.name for item in computed]
    sorts = st.builds(Sort, by=st.sampled_from(keys), direction=st.sampled_from(["asc", "desc"]))
    return ReportQuery(
        table="orders",
        joins=joins,
        dimensions=groups,
        measures=tuple(measures),
        computed=computed,
        filters=tuple(filters),
        series="d2" if measures and len(groups) > 1 and draw(st.booleans()) else None,
        sort=tuple(draw(st.lists(sorts, max_size=2))),
        limit=draw(st.none() | st.integers(1, 100_000)),
    )


charts = st.builds(
    ChartSpec,
    kind=st.sampled_from(ChartKind),
    x=st.none() | st.just("d1"),
    y=st.just(()) | st.just(("m1",)),
    stacked=st.booleans(),
    horizontal=st.booleans(),
    labels=st.booleans(),
    totals=st.booleans(),
    goal=st.none() | st.floats(-1e9, 1e9),
    top_n=st.none() | st.integers(1, 100),
    log_scale=st.booleans(),
    decimals=st.none() | st.integers(0, 6),
    x_title=st.text(max_size=20),
)


def form_for(
    world: World, data: Any = None, query: ReportQuery | None = None, chart: Any = None
) -> ReportForm:
    return ReportForm(
        data,
        user=world.alice,
        table=TABLE,
        tables=[TABLE, CUSTOMERS],
        query=query,
        chart=chart,
        initial={"name": "R", "project": world.general.pk, "version": 1},
    )


def sent_back(form: ReportForm) -> QueryDict:
    """What a browser posts of the form as it is shown."""
    data = QueryDict(mutable=True)
    for bound in form:
        value = bound.value()
        if value is None or value is False:
            continue
        shown = bound.field.prepare_value(value)
        if isinstance(shown, list):
            offered = [str(key) for key, _label in bound.field.choices]  # type: ignore[attr-defined]
            data.setlist(bound.name, [name for name in offered if name in shown])
        else:
            data[bound.name] = "on" if shown is True else str(shown)
    return data


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(query=queries(), chart=charts)
def test_what_is_sent_back_unchanged_is_unchanged(
    query: ReportQuery, chart: ChartSpec, world: World
) -> None:
    form = form_for(world, sent_back(form_for(world, query=query, chart=chart)), query, chart)
    assert form.is_valid(), form.errors
    assert form.spec == (query, chart)


@settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.data())
def test_values_written_for_people_are_read_back(data: st.DataObject) -> None:
    column, strategy = data.draw(
        st.sampled_from(
            [
                (COLUMNS[0], st.dates()),
                (COLUMNS[1], st.datetimes()),
                (COLUMNS[2], words.filter(lambda t: not {"\n", "\r"} & set(t))),
                (COLUMNS[5], st.floats(allow_nan=False, allow_infinity=False)),
                (COLUMNS[6], st.integers()),
                (COLUMNS[7], st.booleans()),
            ]
        )
    )
    operator = data.draw(st.sampled_from([Operator.EQ, Operator.IN, Operator.BETWEEN]))
    count = {Operator.EQ: 1, Operator.BETWEEN: 2}.get(operator, 3)
    values = tuple(data.draw(strategy) for _ in range(count))
    item = Filter(column=column.name, operator=operator, values=values)
    again = builder.read_values(builder.written(item), column, operator)
    assert Filter(column=column.name, operator=operator, values=again) == item


def posted(**fields: Any) -> dict[str, Any]:
    return {"name": "R", "kind": "bar", **fields}


def asked(world: World, query: ReportQuery | None = None, **fields: Any) -> ReportForm:
    data = posted(project=world.general.pk, **fields)
    form = form_for(world, data, query, BAR if query else None)
    form.is_valid()
    return form


def test_a_sentence_becomes_a_query(world: World) -> None:
    form = asked(
        world,
        x="day",
        grain="month",
        series="region",
        m1_aggregate="sum",
        m1_column="amount",
        f1_column="region",
        f1_operator="in",
        f1_value='North, "South, deep"',
        sort="m1 desc",
        limit="10",
        stacked="on",
    )
    assert form.spec is not None, form.errors
    query, chart = form.spec
    assert query == ReportQuery(
        table="orders",
        dimensions=(Dimension(column="day", grain=Grain.MONTH), Dimension(column="region")),
        measures=(Measure(aggregate=Aggregate.SUM, column="amount"),),
        filters=(Filter(column="region", operator=Operator.IN, values=("North", "South, deep")),),
        series="d2",
        sort=(Sort(by="m1", direction="desc"),),
        limit=10,
    )
    assert (chart.kind, chart.stacked, chart.series) == (ChartKind.BAR, True, "d2")


@pytest.mark.parametrize(
    ("fields", "where", "words_in_it"),
    [
        ({"m1_aggregate": "sum"}, "m1_column", "Choose the column"),
        ({"f1_column": "pieces", "f1_value": "many"}, "f1_value", "does not fit"),
        ({"f1_column": "ratio", "f1_value": "nan"}, "f1_value", "does not fit"),
        ({"f1_column": "amount", "f1_value": "inf"}, "f1_value", "does not fit"),
        ({"f1_column": "day", "f1_value": "yesterday"}, "f1_value", "does not fit"),
        ({"f1_column": "paid", "f1_value": "maybe"}, "f1_value", "does not fit"),
        ({"f1_column": "region"}, "f1_value", "Give the value"),
        (
            {"f1_column": "day", "f1_operator": "relative", "f1_value": "next blue moon"},
            "f1_value",
            "last 30 days",
        ),
        ({"x": "nothing"}, "x", "valid choice"),
        ({"kind": "donut"}, "kind", "valid choice"),
        ({"limit": "0"}, "limit", "greater than or equal"),
        ({"goal": "1e999"}, "goal", "Enter a number"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    fields: dict[str, str], where: str, words_in_it: str, world: World
) -> None:
    form = asked(world, **fields)
    assert form.spec is None
    assert words_in_it in str(form.errors[where])


def test_amounts_stay_exact(world: World) -> None:
    form = asked(world, f1_column="amount", f1_value="19.99", columns=["region"])
    assert form.spec is not None
    assert form.spec[0].filters[0].values == ("19.99",)


def test_dates_days_and_periods(world: World) -> None:
    form = asked(
        world,
        f1_column="day",
        f1_operator="between",
        f1_value="2024-01-01, 2024-03-31",
        f2_column="moment",
        f2_operator="ge",
        f2_value="2024-01-01T08:30:00",
        f3_column="day",
        f3_operator="relative",
        f3_value="Last 30  days",
    )
    assert form.spec is not None, form.errors
    values = [item.values for item in form.spec[0].filters]
    assert values == [
        (date(2024, 1, 1), date(2024, 3, 31)),
        (datetime(2024, 1, 1, 8, 30),),
        ("last_30_days",),
    ]


RICH = ReportQuery(
    table="orders",
    dimensions=(Dimension(column="region", label="Where"),),
    measures=(
        Measure(aggregate=Aggregate.SUM, column="amount", label="Turnover"),
        Measure(aggregate=Aggregate.COUNT),
    ),
    computed=(Computed(name="c1", expression="m1 / m2"), Computed(name="c2", expression="c1 * 2")),
    sort=(Sort(by="c1", direction="desc"),),
)


def test_computed_columns_go_when_what_they_need_goes(world: World) -> None:
    fewer = asked(world, RICH, x="region", m1_aggregate="sum", m1_column="amount", sort="c1 desc")
    assert fewer.spec is not None, fewer.errors
    query = fewer.spec[0]
    assert (query.computed, query.sort) == ((), ())
    assert query.measures[0].label == "Turnover"


def test_another_column_does_not_keep_the_old_label(world: World) -> None:
    form = asked(world, RICH, x="day", m1_aggregate="sum", m1_column="ratio", m2_aggregate="count")
    assert form.spec is not None, form.errors
    query = form.spec[0]
    assert (query.dimensions[0].label, query.measures[0].label) == (None, None)
    assert query.computed == RICH.computed


def test_a_time_step_is_for_times_only(world: World) -> None:
    form = asked(world, x="region", grain="month", m1_aggregate="count")
    assert form.spec is not None
    assert form.spec[0].dimensions[0].grain is None


def test_plain_columns_keep_their_order(world: World) -> None:
    before = ReportQuery(
        table="orders",
        dimensions=(Dimension(column="pieces"), Dimension(column="day", label="When")),
    )
    form = asked(world, before, columns=["day", "region", "pieces"])
    assert form.spec is not None
    assert [(d.column, d.label) for d in form.spec[0].dimensions] == [
        ("pieces", None),
        ("day", "When"),
        ("region", None),
    ]


def test_other_fields_are_drawn_anew_in_the_same_formats(world: World) -> None:
    chart = ChartSpec(kind=ChartKind.BAR, y=("m2",), top_n=5, decimals=1)
    data = posted(project=world.general.pk, x="day", m1_aggregate="count")
    form = form_for(world, data, RICH, chart)
    assert form.is_valid(), form.errors
    assert form.spec is not None
    changed = form.spec[1]
    assert (changed.y, changed.x, changed.top_n, changed.decimals) == ((), None, 5, 1)
