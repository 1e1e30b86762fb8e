from __future__ import annotations

import pytest

from catalog.charts.errors import ChartError
from catalog.charts.number import number
from catalog.charts.spec import ChartSpec
from catalog.charts.summary import summarise
from catalog.charts.table import table
from catalog.query.result import Cell, Result, ResultColumn
from tests.catalog.charts.results import (
    AVERAGE,
    MONTH,
    ORDERS,
    REGION,
    REGION2,
    REVENUE,
    monthly,
    regional,
    result,
)

NUMBER = ChartSpec(kind="number")


def test_a_figure_is_compared_with_the_period_before() -> None:
    figure = number(monthly("2000", "4000", "3000"), NUMBER)
    assert (figure.text, figure.period) == ("3,000", "Mar 2024")
    assert figure.previous is not None
    assert figure.previous.direction == "down"
    assert figure.previous.share == -0.25
    assert figure.sentence == "Revenue: 3,000 in Mar 2024, 25% less than in Feb 2024 (4,000)."
    assert figure.history == [2000.0, 4000.0, 3000.0]


def test_a_gap_is_no_period_to_compare_with() -> None:
    data = result([MONTH, REVENUE], ["2024-01-01", 1], ["2024-03-01", 2])
    assert number(data, NUMBER).previous is None


def test_a_change_from_zero_has_no_share() -> None:
    figure = number(monthly(0, 5), NUMBER)
    assert figure.previous is not None
    assert figure.previous.share is None
    assert figure.previous.change_text == "5 more"


def test_nothing_changed_is_said_so() -> None:
    assert "no change from in" not in number(monthly(5, 5), NUMBER).sentence
    assert "no change from Jan 2024" in number(monthly(5, 5), NUMBER).sentence


def test_a_period_that_still_runs_is_unfinished() -> None:
    data = result([MONTH, REVENUE], ["2024-02-01", 1], as_of="2024-02-10T08:00:00+00:00")
    assert number(data, NUMBER).unfinished
    assert "so far" in number(data, NUMBER).sentence


def test_a_figure_is_exact_and_formatted_and_knows_its_goal() -> None:
    chart = ChartSpec(kind="number", number_format="currency", currency="EUR", goal=10)
    figure = number(result([REVENUE], ["0.10"], ["0.20"]), chart)
    assert figure.text == "€0.30"
    assert figure.goal_text == "3% of the goal of €10.00"


def test_averages_do_not_add_up() -> None:
    with pytest.raises(ChartError, match="do not add up"):
        number(result([REGION, AVERAGE], ["A", 1], ["B", 2]), NUMBER)


def test_figures_of_a_column_line_up_and_the_raw_value_stays() -> None:
    twin = table(result([REGION, REVENUE], ["A", "1200.5"], ["B", "3"], [None, None]))
    assert [row[1].text for row in twin.rows] == ["1,200.5", "3.0", ""]
    assert twin.rows[0][1].value == "1200.5"
    assert [column.align for column in twin.columns] == ["start", "end"]
    assert twin.totals is None


def test_totals_add_up_sums_only_and_exactly() -> None:
    columns = [REGION, REVENUE, ORDERS, ResultColumn("m3", "Price", "number", aggregate="avg")]
    data = result(columns, ["A", "0.10", 1, 5.0], ["B", "0.20", 2, 6.0])
    assert table(data, ChartSpec(kind="table", totals=True)).totals == ["Total", "0.3", "3", ""]


def test_totals_of_a_cut_result_say_what_they_cover() -> None:
    data = Result([REGION, REVENUE], [["A", 1]], truncated=True)
    twin = table(data, ChartSpec(kind="table", totals=True))
    assert twin.totals == ["Total of the rows shown", "1"]
    assert "of more" in twin.note


def test_a_page_of_rows_keeps_the_totals_of_all() -> None:
    twin = table(regional(A=1, B=2, C=4), ChartSpec(kind="table", totals=True), start=1, limit=1)
    assert [row[0].text for row in twin.rows] == ["B"]
    assert twin.totals == ["Total", "7"]


def by_region() -> Result:
    rows: list[list[Cell]] = [
        [f"2024-{m:02d}-01", r, m * k] for m in (1, 2) for r, k in (("N", 10), ("S", 20))
    ]
    return result([MONTH, REGION2, REVENUE], *rows)


@pytest.mark.parametrize(
    ("data", "kind", "sentence"),
    [
        (
            monthly("1200", "3900", "3400"),
            "line",
            "Line chart of Sales, 3 points from Jan 2024 (1,200) to Mar 2024 (3,400); "
            "highest Feb 2024 (3,900).",
        ),
        (
            regional(North=5, South=9, East=1),
            "bar",
            "Bar chart of Sales, 3 bars; highest South (9), lowest East (1).",
        ),
        (
            regional(North=75, South=25),
            "pie",
            "Pie chart of Sales, 2 parts; largest North (75%), then South (25%).",
        ),
        (
            by_region(),
            "line",
            "Line chart of Sales, 2 series (N, S), 2 points; highest S in Feb 2024 (40).",
        ),
        (regional(A=1), "table", "Table of Sales, 1 row and 2 columns: Region, Revenue."),
        (regional(), "bar", "Bar chart of Sales: no rows."),
        (regional(A=None), "bar", "Bar chart of Sales: no numbers."),
        (regional(A=-1, B=2), "pie", "Pie chart of Sales: the values are no parts of a whole."),
        (result([REVENUE], ["5"]), "number", "Revenue: 5."),
    ],
)
def test_a_chart_in_one_sentence(data: Result, kind: str, sentence: str) -> None:
    assert summarise(data, ChartSpec(kind=kind), "Sales") == sentence


def test_dots_are_summed_up_by_their_reach() -> None:
    columns = [ResultColumn("d1", "Price", "number"), ResultColumn("d2", "Units", "integer")]
    data = result(columns, [1.5, 20], [4.5, 10])
    said = summarise(data, ChartSpec(kind="scatter", x="d1", y=("d2",)), "Sales")
    assert said == "Scatter chart of Sales, 2 points; Price from 1.5 to 4.5, Units from 10 to 20."
