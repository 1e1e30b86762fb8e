from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.charts.option import draw, echarts_option
from catalog.charts.palette import DARK, LIGHT
from catalog.charts.spec import ChartSpec
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


def option(data: Result, **chart: Any) -> dict[str, Any]:
    drawn = echarts_option(data, ChartSpec(**chart), title="Sales")
    assert drawn is not None
    json.dumps(drawn, allow_nan=False)
    return drawn


def by_region(count: int, column: ResultColumn = REVENUE) -> Result:
    rows: list[list[Cell]] = [
        [f"2024-{month:02d}-01", f"R{region}", (region + 1) * 10 + month]
        for month in (1, 2, 3)
        for region in range(count)
    ]
    return result([MONTH, REGION2, column], *rows)


def test_a_line_runs_over_labelled_months_and_breaks_where_one_is_missing() -> None:
    data = result(
        [MONTH, REVENUE], ["2024-04-01", "40"], ["2024-01-01", "10"], ["2024-02-01", "20"]
    )
    drawn = option(data, kind="line")
    assert drawn["xAxis"]["data"] == ["Jan 2024", "Feb 2024", "Mar 2024", "Apr 2024"]
    assert drawn["series"][0]["data"] == [10.0, 20.0, None, 40.0]
    assert drawn["series"][0]["connectNulls"] is False


def test_a_point_alone_between_gaps_gets_a_marker() -> None:
    rows: list[list[Cell]] = [[f"{2000 + n // 12}-{n % 12 + 1:02d}-01", 1] for n in range(60)]
    whole = option(result([MONTH, REVENUE], *rows), kind="line")
    broken = option(result([MONTH, REVENUE], *rows, ["2010-01-01", 1]), kind="line")
    assert not whole["series"][0]["showSymbol"]
    assert broken["series"][0]["showSymbol"]


def test_up_to_three_lines_carry_their_names_and_more_get_a_legend() -> None:
    three, four = option(by_region(3), kind="line"), option(by_region(4), kind="line")
    assert [line["endLabel"]["show"] for line in three["series"]] == [True] * 3
    assert not three["legend"]["show"]
    assert four["legend"]["show"]
    assert "endLabel" not in four["series"][0]


def test_lines_differ_in_dash_and_marker() -> None:
    series = option(by_region(6), kind="line")["series"]
    assert len({json.dumps(line["lineStyle"]["type"]) for line in series}) == 6
    assert len({line["symbol"] for line in series}) == 6


def test_the_seventh_series_and_all_after_it_are_other() -> None:
    drawn = draw(by_region(9), ChartSpec(kind="line"), title="Sales")
    assert drawn.option is not None
    series = drawn.option["series"]
    assert [line["name"] for line in series] == ["R3", "R4", "R5", "R6", "R7", "R8", "Other"]
    assert series[-1]["data"] == [10 + 20 + 30 + 3 * month for month in (1, 2, 3)]
    assert "3 more series" in drawn.notes[0]


def test_averages_are_never_added_up_to_other() -> None:
    drawn = draw(by_region(9, AVERAGE), ChartSpec(kind="line"), title="Sales")
    assert drawn.option is not None
    assert [line["name"] for line in drawn.option["series"]] == ["R3", "R4", "R5", "R6", "R7", "R8"]
    assert drawn.notes == ("The 6 largest of 9 series are drawn.",)


def test_bars_show_their_values_and_an_empty_name() -> None:
    data = result([REGION, REVENUE], ["North", "30"], [None, "-5"])
    drawn = option(data, kind="bar")
    assert drawn["xAxis"]["data"] == ["North", "(empty)"]
    north, empty = drawn["series"][0]["data"]
    assert north == 30.0
    assert empty["value"] == -5.0
    assert empty["label"]["position"] == "bottom"
    assert drawn["series"][0]["label"]["show"]
    assert drawn["rm"]["cells"] == ["North", None]


def test_top_n_keeps_the_biggest_in_their_order_and_sums_the_rest() -> None:
    drawn = option(regional(A=1, B=50, C=2, D=40), kind="bar", top_n=2)
    assert drawn["xAxis"]["data"] == ["B", "D", "Other"]
    assert drawn["series"][0]["data"] == [50.0, 40.0, 3.0]


def test_horizontal_bars_swap_the_axes_with_the_first_on_top() -> None:
    drawn = option(regional(A=1, B=2), kind="bar", horizontal=True, goal=3)
    assert drawn["yAxis"]["type"] == "category"
    assert drawn["yAxis"]["inverse"] is True
    assert drawn["series"][0]["markLine"]["data"] == [{"xAxis": 3.0}]
    assert set(drawn["rm"]["axes"]) == {"x"}


def test_stacked_series_share_a_stack_and_the_goal_is_seen_above_it() -> None:
    drawn = option(by_region(2), kind="area", stacked=True, goal=500)
    assert {line["stack"] for line in drawn["series"]} == {"all"}
    assert drawn["yAxis"]["max"] >= 500
    assert "Goal 500" in drawn["series"][0]["markLine"]["label"]["formatter"]


def test_a_logarithmic_scale_leaves_out_what_it_cannot_show_and_says_so() -> None:
    drawn = draw(monthly("10", "0", "-3", "100"), ChartSpec(kind="line", log_scale=True), title="S")
    assert drawn.option is not None
    assert drawn.option["yAxis"]["type"] == "log"
    assert drawn.option["series"][0]["data"] == [10.0, None, None, 100.0]
    assert any("2 values" in note for note in drawn.notes)


def test_a_pie_has_a_few_parts_and_other() -> None:
    values = {f"P{part}": 100 - part for part in range(20)}
    parts = option(regional(**values), kind="pie")["series"][0]["data"]
    assert [part["name"] for part in parts] == ["P0", "P1", "P2", "P3", "P4", "P5", "Other"]
    assert sum(part["value"] for part in parts) == sum(values.values())


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (regional(), "bar", "No rows"),
        (regional(A=3, B=-1), "pie", "negative"),
        (regional(A=0, B=0), "pie", "zero"),
        (regional(A=None), "bar", "no numbers"),
        (result([REGION], ["A"]), "line", "no numbers"),
        (regional(A=1), "scatter", "scatter chart needs"),
        (regional(A=1), "table", "without a picture"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(data: Result, kind: str, said: str) -> None:
    drawn = draw(data, ChartSpec(kind=kind), title="Sales")
    assert drawn.option is None
    assert said in drawn.message
    assert drawn.message.endswith(".")


def test_a_field_that_is_gone_is_named() -> None:
    drawn = draw(regional(A=1), ChartSpec(kind="bar", x="d9"), title="Sales")
    assert drawn.option is None
    assert "d9" in drawn.message


def test_dots_are_pairs_grouped_by_a_third_column() -> None:
    columns = [
        ResultColumn("d1", "Price", "number"),
        ResultColumn("d2", "Units", "integer"),
        ResultColumn("d3", "Segment", "text"),
    ]
    data = result(columns, [1.5, 2, "X"], [2.5, 3, "Y"], [None, 3, "X"], [3.5, 4, "X"])
    drawn = option(data, kind="scatter", x="d1", y=("d2",), series="d3")
    found = {series["name"]: series["data"] for series in drawn["series"]}
    assert found == {"X": [[1.5, 2.0], [3.5, 4.0]], "Y": [[2.5, 3.0]]}


def test_many_dots_are_thinned_but_the_farthest_stay() -> None:
    columns = [ResultColumn("d1", "A", "number"), ResultColumn("d2", "B", "number")]
    rows: list[list[Cell]] = [[n, n % 7] for n in range(5000)]
    rows[1234][1] = 999
    drawn = draw(result(columns, *rows), ChartSpec(kind="scatter", x="d1", y=("d2",)), title="S")
    assert drawn.option is not None
    dots = drawn.option["series"][0]["data"]
    assert len(dots) <= 1010
    assert [1234.0, 999.0] in dots
    assert "of 5,000 points" in drawn.notes[0]


def test_a_slider_comes_with_more_than_sixty_categories_and_never_takes_the_wheel() -> None:
    few = option(regional(**{f"R{n}": n for n in range(60)}), kind="bar")
    many = option(regional(**{f"R{n}": n for n in range(61)}), kind="bar")
    assert few["dataZoom"] == []
    assert [zoom["type"] for zoom in many["dataZoom"]] == ["slider"]


def test_two_measures_are_two_series_with_formats_of_their_own() -> None:
    data = result([MONTH, REVENUE, ORDERS], ["2024-01-01", "9.5", 3], ["2024-02-01", "8", 2])
    drawn = option(data, kind="bar", number_format="currency", currency="EUR")
    assert [form["kind"] for form in drawn["rm"]["series"]] == ["currency", "integer"]
    assert drawn["legend"]["show"]


def test_only_the_palette_colours_a_chart() -> None:
    chart = ChartSpec(kind="bar")
    light = echarts_option(regional(A=1), chart, title="S")
    dark = echarts_option(regional(A=1), chart, title="S", dark=True)
    assert light is not None
    assert dark is not None
    assert (light["color"], dark["color"]) == (list(LIGHT), list(DARK))
    assert "#" not in json.dumps({**light, "color": []})
    with pytest.raises(ValueError, match="not a colour"):
        draw(regional(A=1), chart, title="S", colours=['red" onload="alert(1)'])


def test_the_option_speaks_to_screen_readers_and_keeps_the_content_policy() -> None:
    drawn = option(regional(A=1, B=2), kind="bar")
    assert drawn["aria"]["enabled"] is True
    assert "Bar chart of Sales" in drawn["aria"]["label"]["description"]
    assert drawn["tooltip"]["renderMode"] == "richText"


def test_long_names_are_cut_and_turned() -> None:
    names = {
        f"A very long name of a region indeed, number {n} of a lot of them, really": n
        for n in range(1, 9)
    }
    drawn = option(regional(**names), kind="bar")
    assert drawn["xAxis"]["axisLabel"]["rotate"] > 0
    assert drawn["xAxis"]["axisLabel"]["overflow"] == "truncate"


def test_numbers_along_a_line_keep_their_distances() -> None:
    year = ResultColumn("d1", "Year", "integer")
    drawn = option(result([year, REVENUE], [2020, 3], [1990, 1], [1991, 2]), kind="line")
    assert drawn["series"][0]["data"] == [[1990.0, 1.0], [1991.0, 2.0], [2020.0, 3.0]]
    assert drawn["rm"]["axes"]["x"]["kind"] == "digits"


def test_rows_without_a_time_are_left_out_and_said() -> None:
    drawn = draw(
        result([MONTH, REVENUE], ["2024-01-01", 1], [None, 5]), ChartSpec(kind="line"), title="S"
    )
    assert drawn.option is not None
    assert drawn.option["series"][0]["data"] == [1.0]
    assert drawn.notes == ("Rows without Month are left out.",)
