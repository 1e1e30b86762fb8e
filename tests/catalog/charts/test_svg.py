from __future__ import annotations

import contextlib
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from catalog.charts.errors import ChartRenderError
from catalog.charts.option import echarts_option
from catalog.charts.png import to_png
from catalog.charts.render import render_svg
from catalog.charts.spec import ChartSpec
from catalog.charts.svg import clean, judge, render
from catalog.query.result import Cell, Result, ResultColumn
from tests.catalog.charts.results import MONTH, REGION2, REVENUE, monthly, regional, result

SVG = "{http://www.w3.org/2000/svg}"


def made(data: Result, **chart: Any) -> dict[str, Any]:
    option = echarts_option(data, ChartSpec(**chart), title="Sales")
    assert option is not None
    return option


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def dots() -> Result:
    columns = [ResultColumn("d1", "Price", "number"), ResultColumn("d2", "Units", "integer")]
    return result(columns, [1.5, 20], [2.5, 30], [4.5, 10])


def stacks() -> Result:
    rows: list[list[Cell]] = [
        [f"2024-{month:02d}-01", region, month * 1000] for month in (1, 2) for region in "AB"
    ]
    return result([MONTH, REGION2, REVENUE], *rows)


@pytest.mark.parametrize(
    ("data", "chart", "said"),
    [
        (monthly(12000, 34000, 9000), {"kind": "line"}, ["Jan 2024", "Mar 2024", "40K"]),
        (stacks(), {"kind": "area", "stacked": True}, ["A", "B", "Feb 2024"]),
        (regional(North=1234567, South=5), {"kind": "bar"}, ["North", "1,234,567", "1.5M"]),
        (regional(North=75, South=25), {"kind": "pie"}, ["North 75%", "South 25%"]),
        (dots(), {"kind": "scatter", "x": "d1", "y": ("d2",)}, ["Price", "Units", "30"]),
        (
            regional(A=1000, B=2000),
            {"kind": "bar", "horizontal": True, "goal": 2500, "number_format": "currency"},
            ["$1,000.00", "Goal $2,500"],
        ),
    ],
)
def test_every_kind_becomes_a_picture_with_its_words(
    scripts: list[str], data: Result, chart: dict[str, Any], said: list[str]
) -> None:
    svg = render(made(data, **chart), 720, 380, scripts=scripts)
    found = texts(svg)
    for words in said:
        assert words in found
    assert to_png(svg).startswith(b"\x89PNG")


def test_the_font_we_ship_draws_the_words(scripts: list[str]) -> None:
    svg = render(made(regional(North=1), kind="bar"), 300, 200, scripts=scripts)
    without = svg.replace(">North<", "><")
    assert to_png(svg) != to_png(without)


def test_hostile_names_stay_text(scripts: list[str]) -> None:
    name = '<script>alert(1)</script>" onload="alert(2)'
    svg = render(made(regional(**{name: 5, "b": 3}), kind="pie"), 900, 400, scripts=scripts)
    root = ET.fromstring(svg)
    assert "<script" not in svg
    assert not [
        attribute
        for element in root.iter()
        for attribute in element.attrib
        if attribute[:2] == "on"
    ]
    assert any("<script>" in text for text in texts(svg))


ODD_NAMES = ["__proto__", "constructor", "{a|b}", "{b}", "\x00\x0b", "\ud800", "𝔘ñ", "", "\n"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_break_neither_this_picture_nor_the_next(scripts: list[str], name: str) -> None:
    rows: list[list[Cell]] = [["2024-01-01", name, 5], ["2024-01-01", "b", 3]]
    label = ResultColumn("m1", name, "decimal", "revenue", "sum")
    for kind in ("bar", "line"):
        data = result([MONTH, REGION2, REVENUE], *rows)
        assert "b" in texts(render(made(data, kind=kind), 400, 300, scripts=scripts))
        across = result([REGION2, label], *(row[1:] for row in rows))
        assert "b" in texts(render(made(across, kind=kind), 400, 300, scripts=scripts))
    pie = made(result([REGION2, REVENUE], *(row[1:] for row in rows)), kind="pie")
    assert any(text.startswith("b") for text in texts(render(pie, 400, 300, scripts=scripts)))


def test_an_option_that_spoils_the_engine_spoils_no_other_picture(scripts: list[str]) -> None:
    option = made(regional(A=1), kind="bar")
    spoiling = {**option, "series": [{**option["series"][0], "name": "__proto__"}]}
    spoiling["legend"] = {"show": True}
    for _ in range(2):
        with contextlib.suppress(ChartRenderError):
            render(spoiling, 400, 300, scripts=scripts)
        assert "A" in texts(render(option, 400, 300, scripts=scripts))


@pytest.mark.parametrize(
    "colour", ['red" onload="alert(1)', "url(#x)", "javascript:alert(1)", "#12"]
)
def test_a_colour_we_did_not_choose_is_refused(scripts: list[str], colour: str) -> None:
    option = made(regional(A=1), kind="bar")
    option["series"][0]["itemStyle"] = {"color": colour}
    with pytest.raises(ChartRenderError, match="not a colour"):
        render(option, 400, 300, scripts=scripts)
    with pytest.raises(ChartRenderError, match="not a colour"):
        judge({"color": ["#112233", colour]})


@pytest.mark.parametrize(
    "part",
    [
        {"series": [{"symbol": "image://https://example.org/x.png"}]},
        {"graphic": [{"type": "image"}]},
        {"series": [{"data": [{"link": "javascript:alert(1)"}]}]},
    ],
)
def test_pictures_and_links_are_refused(part: dict[str, Any]) -> None:
    with pytest.raises(ChartRenderError):
        judge(part)


def test_only_shapes_and_text_are_kept() -> None:
    svg = clean(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' onload="x()">'
        '<script>x()</script><style>a{}</style><a xlink:href="javascript:x()"><text>t</text></a>'
        '<path d="M0 0" onclick="x()" fill="url(http://example.org)" stroke="#000" class="c"/>'
        '<text style="font-size:12px;position:fixed">ok</text><foreignObject/></svg>'
    )
    root = ET.fromstring(svg)
    assert [element.tag.removeprefix(SVG) for element in root.iter()] == ["svg", "path", "text"]
    assert root[0].attrib == {"d": "M0 0", "stroke": "#000"}
    assert root[1].attrib == {"font-size": "12px"}


@pytest.mark.parametrize("text", ["<html/>", "<svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>"])
def test_what_is_no_svg_is_refused(text: str) -> None:
    with pytest.raises(ChartRenderError):
        clean(text)


def test_the_size_is_bounded_and_a_missing_library_is_said(scripts: list[str]) -> None:
    option = made(regional(A=1), kind="bar")
    with pytest.raises(ChartRenderError, match="pixels"):
        render(option, 100_000, 300, scripts=scripts)
    with pytest.raises(ChartRenderError, match="not installed"):
        render(option, 400, 300, scripts=["/nowhere/echarts.min.js"])
    assert "<svg" in render(option, 400, 300, scripts=scripts)


def test_light_and_dark_differ_in_ink(scripts: list[str]) -> None:
    option = made(regional(A=1), kind="bar")
    light = render(option, 400, 300, scripts=scripts)
    dark = render(option, 400, 300, scripts=scripts, dark=True)
    assert "#1f2937" in light
    assert "#1f2937" not in dark


def test_a_picture_comes_out_of_the_sandbox(scripts: list[str]) -> None:
    option = made(monthly(1, 2, 3), kind="line")
    assert render_svg(option, 400, 300).startswith(b"<svg")
    option["color"] = ["red"]
    with pytest.raises(ChartRenderError, match="not a colour"):
        render_svg(option, 400, 300)
