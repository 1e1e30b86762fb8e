from __future__ import annotations

from typing import Any

import pytest

from catalog.charts.columns import fitting_grain
from catalog.charts.spec import ChartKind
from catalog.charts.suggest import (
    axis_candidates,
    default_aggregate,
    propose_name,
    query_for,
    suggest,
    suggest_dashboard,
    suggest_for_result,
)
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.result import ResultColumn
from catalog.query.spec import Aggregate, Dimension, Grain, Measure, ReportQuery
from tests.catalog.charts.results import (
    AVERAGE,
    MONTH,
    REGION,
    REGION2,
    REVENUE,
    monthly,
    regional,
    result,
)


def column(name: str, type_: Any, semantic: Any = "text", **facts: Any) -> ColumnInfo:
    sensitive = facts.pop("sensitive", False)
    key = facts.pop("primary_key", False)
    return ColumnInfo(
        name, name, type_, semantic, primary_key=key, sensitive=sensitive, stats=facts
    )


ID = column("order_id", "integer", "id", primary_key=True, distinct=5000)
DAY = column("order_date", "date", "time", min="2022-01-01", max="2023-12-31", distinct=700)
SHIPPED = column("updated_at", "datetime", "time", nulls=10)
AREA = column("region", "text", "geo", distinct=5)
SEGMENT = column("segment", "text", "category", distinct=3)
CUSTOMER = column("customer", "text", "name", distinct=900)
EMAIL = column("email", "text", "email", distinct=900, sensitive=True)
REVENUE_COLUMN = column("revenue", "decimal", "money", min=0, max=900, distinct=3000)
PRICE = column("unit_price", "number", "number", min=1, max=20, distinct=80)
SALES = [ID, EMAIL, CUSTOMER, PRICE, SHIPPED, DAY, SEGMENT, AREA, REVENUE_COLUMN]
TABLE = TableInfo("orders", "Orders", SALES)


def test_time_and_a_number_are_a_line_by_month_first() -> None:
    best = suggest(SALES, table="orders")[0]
    assert best.kind is ChartKind.LINE
    assert best.query.dimensions == (Dimension(column="order_date", grain=Grain.MONTH),)
    assert best.query.measures == (Measure(aggregate=Aggregate.SUM, column="revenue"),)
    assert best.reason == "Order date looks like time, so a line suits."
    assert best.name == "Revenue by Month"


def test_every_way_to_look_at_the_table_is_offered_best_first() -> None:
    kinds = [suggestion.kind.value for suggestion in suggest(SALES, table="orders")]
    assert kinds == ["line", "bar", "pie", "scatter", "number", "table"]


def test_bars_come_biggest_first_and_pies_from_few_parts() -> None:
    found = {suggestion.kind: suggestion for suggestion in suggest(SALES, table="orders")}
    bar, pie = found[ChartKind.BAR], found[ChartKind.PIE]
    assert bar.query.dimensions[0].column == "region"
    assert [(sort.by, sort.direction) for sort in bar.query.sort] == [("m1", "desc")]
    assert pie.query.dimensions[0].column in {"region", "segment"}
    assert "parts" in pie.reason


def test_nobody_is_offered_masked_columns_or_keys() -> None:
    for suggestion in [*suggest(SALES, table="orders"), *suggest_dashboard(TABLE)]:
        used = suggestion.query.model_dump_json()
        assert "email" not in used
        assert "order_id" not in used


def test_without_numbers_rows_are_counted() -> None:
    best = suggest([AREA], table="places", label="Places")
    assert [s.kind.value for s in best] == ["bar", "pie", "number", "table"]
    assert best[0].query.measures == (Measure(aggregate=Aggregate.COUNT),)
    assert best[0].name == "Number of Places by Region"


def test_a_pie_is_not_offered_for_what_may_be_negative() -> None:
    profit = column("profit", "number", "money", min=-5, max=9)
    pie = next(s for s in suggest([SEGMENT, profit], table="t") if s.kind is ChartKind.PIE)
    assert pie.query.measures == (Measure(aggregate=Aggregate.COUNT),)


def test_a_table_suits_when_nothing_else_does() -> None:
    kinds = [s.kind for s in suggest([column("note", "text", distinct=900)], table="t")]
    assert kinds == [ChartKind.NUMBER, ChartKind.TABLE]


@pytest.mark.parametrize(
    ("first", "last", "grain"),
    [
        ("2024-01-01T00:00:00", "2024-01-02T00:00:00", Grain.HOUR),
        ("2024-01-01", "2024-02-15", Grain.DAY),
        ("2024-01-01", "2024-04-15", Grain.WEEK),
        ("2024-01-01", "2024-06-15", Grain.MONTH),
        ("2010-01-01", "2024-01-01", Grain.QUARTER),
        ("1950-01-01", "2024-01-01", Grain.YEAR),
        (None, None, Grain.MONTH),
    ],
)
def test_the_grain_fits_the_span(first: str | None, last: str | None, grain: Grain) -> None:
    assert fitting_grain(column("at", "datetime", "time", min=first, max=last)) is grain


def test_a_date_has_no_hours() -> None:
    day = column("at", "date", "time", min="2024-01-01", max="2024-01-02")
    assert fitting_grain(day) is Grain.DAY


def test_axes_are_offered_likeliest_first() -> None:
    across, up = axis_candidates(SALES, ChartKind.LINE)
    assert [c.name for c in across][:2] == ["order_date", "updated_at"]
    assert [c.name for c in up] == ["revenue", "unit_price"]
    bars, _ = axis_candidates(SALES, ChartKind.BAR)
    assert bars[0].name == "region"
    assert bars.index(CUSTOMER) > bars.index(SEGMENT)
    dots, other = axis_candidates(SALES, ChartKind.SCATTER)
    assert dots[0] != other[0]


def test_aggregates_fit_what_a_column_means() -> None:
    assert default_aggregate(None) is Aggregate.COUNT
    assert default_aggregate(REVENUE_COLUMN) is Aggregate.SUM
    assert default_aggregate(PRICE) is Aggregate.AVG
    assert default_aggregate(CUSTOMER) is Aggregate.COUNT_DISTINCT
    assert default_aggregate(column("total_price", "decimal", "money")) is Aggregate.AVG


def test_a_year_kept_as_a_number_is_an_axis_not_an_amount() -> None:
    year = column("Year", "integer", "number", min=1990, max=2024, distinct=35)
    best = suggest([year, REVENUE_COLUMN], table="t")[0]
    assert best.kind is ChartKind.LINE
    assert best.query.dimensions == (Dimension(column="Year"),)


def test_the_query_for_two_groupings_draws_series() -> None:
    query, chart = query_for(ChartKind.LINE, "orders", DAY, [REVENUE_COLUMN], SEGMENT)
    assert [d.column for d in query.dimensions] == ["order_date", "segment"]
    assert (query.series, chart.series, chart.x, chart.y) == ("d2", "d2", "d1", ("m1",))
    assert [sort.by for sort in query.sort] == ["d1"]


def test_the_query_takes_what_was_chosen() -> None:
    query, _ = query_for(
        ChartKind.BAR, "orders", DAY, [PRICE], aggregate=Aggregate.MAX, grain=Grain.YEAR
    )
    assert query.dimensions[0].grain is Grain.YEAR
    assert query.measures[0].aggregate is Aggregate.MAX


def test_dots_and_plain_tables_are_rows_as_they_are() -> None:
    dots, chart = query_for(ChartKind.SCATTER, "orders", PRICE, [REVENUE_COLUMN], SEGMENT)
    assert not dots.measures
    assert (chart.x, chart.y, chart.series) == ("d1", ("d2",), "d3")
    rows, _ = query_for(ChartKind.TABLE, "orders")
    assert not rows.dimensions
    assert not rows.measures


def test_many_bars_lie_down_and_the_rest_is_other() -> None:
    _, chart = query_for(ChartKind.BAR, "orders", CUSTOMER, [REVENUE_COLUMN])
    assert chart.horizontal
    assert chart.top_n == 30


def test_names_come_from_labels() -> None:
    def name(*, d: tuple[Dimension, ...] = (), m: tuple[Measure, ...] = ()) -> str:
        return propose_name(ReportQuery(table="orders", dimensions=d, measures=m), [TABLE])

    revenue = Measure(aggregate=Aggregate.SUM, column="revenue")
    price = Measure(aggregate=Aggregate.AVG, column="unit_price")
    by = Dimension(column="region")
    assert name(m=(revenue,)) == "Total Revenue"
    assert name(m=(revenue, price), d=(by,)) == "Revenue and Average Unit price by Region"
    assert name(m=(Measure(aggregate=Aggregate.COUNT),)) == "Number of Orders"
    assert name(d=(by,)) == "Region of Orders"
    assert name() == "Orders"
    assert len(name(m=(Measure(aggregate=Aggregate.SUM, column="x" * 200),))) <= 120


def test_a_first_dashboard_has_figures_on_top_and_no_chart_twice() -> None:
    found = suggest_dashboard(TABLE)
    kinds = [suggestion.kind for suggestion in found]
    assert 3 <= len(found) <= 6
    figures = kinds.count(ChartKind.NUMBER)
    assert kinds[:figures] == [ChartKind.NUMBER] * figures
    assert ChartKind.LINE in kinds
    assert len({suggestion.query for suggestion in found}) == len(found)


@pytest.mark.parametrize("columns", [[CUSTOMER], [ID], [PRICE], [DAY], [AREA]])
def test_a_poor_table_has_a_dashboard_too(columns: list[ColumnInfo]) -> None:
    assert 3 <= len(suggest_dashboard(TableInfo("t", "Things", columns))) <= 6


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (monthly(1, 2), "line", "Month looks like time"),
        (regional(A=1, B=2), "pie", "parts"),
        (regional(A=1, B=-2), "bar", "compare"),
        (regional(**{f"R{n}": n for n in range(20)}), "bar", "20 values"),
        (result([REGION, AVERAGE], ["A", 1], ["B", 2]), "bar", "compare"),
        (result([REVENUE], ["5"]), "number", "one number"),
        (result([REGION], ["A"]), "table", "no number"),
        (
            result(
                [ResultColumn("d1", "A", "number"), ResultColumn("d2", "B", "number")],
                [1, 2],
                [2, 3],
            ),
            "scatter",
            "both numbers",
        ),
        (
            result([MONTH, REGION2, REVENUE], ["2024-01-01", "A", 1], ["2024-02-01", "A", 2]),
            "line",
            "time",
        ),
    ],
)
def test_a_result_is_judged_by_its_shape(data: Any, kind: str, said: str) -> None:
    chart, reason = suggest_for_result(data)
    assert chart.kind.value == kind
    assert said in reason
