from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from catalog.charts.formats import (
    AUTO,
    Locale,
    NumberFormat,
    axis_format,
    chart_format,
    format_cell,
    format_date,
    format_number,
    to_number,
)
from catalog.charts.render import SCRIPTS
from catalog.charts.spec import ChartSpec
from catalog.query.result import ResultColumn
from tests.catalog.charts.results import MONTH, ORDERS, REGION, REVENUE


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234567, AUTO, "1,234,567"),
        (3.14159, AUTO, "3.14"),
        (3.10, AUTO, "3.1"),
        (0.012345, AUTO, "0.0123"),
        (1.005, NumberFormat("decimal"), "1.01"),
        (-0.001, NumberFormat("decimal"), "0.00"),
        (-1234.5, NumberFormat("currency", "USD"), "-$1,234.50"),
        (1234.5, NumberFormat("currency", "JPY"), "¥1,235"),
        (1234.5, NumberFormat("currency", "CHF"), "CHF 1,234.50"),
        (0.256, NumberFormat("percent"), "25.6%"),
        (1.5, NumberFormat("percent", decimals=2), "150.00%"),
        (999, NumberFormat("compact"), "999"),
        (1_200_000, NumberFormat("compact"), "1.2M"),
        (999_960, NumberFormat("compact"), "1M"),
        (999_940, NumberFormat("compact"), "999.9K"),
        (2_500_000, NumberFormat("compact", "EUR"), "€2.5M"),
        (2.5e15, NumberFormat("compact"), "2.5e+15"),
        (2024, NumberFormat("digits"), "2024"),
        (float("nan"), AUTO, "–"),
        (
            Decimal("12345678901234567890.12"),
            NumberFormat("decimal"),
            "12,345,678,901,234,567,890.12",
        ),
    ],
)
def test_numbers_read_as_people_write_them(
    value: float | Decimal, form: NumberFormat, text: str
) -> None:
    assert format_number(value, form) == text


def test_the_separators_of_another_language() -> None:
    german = Locale(decimal=",", thousands=".")
    assert format_number(1234567.5, NumberFormat("decimal"), german) == "1.234.567,50"
    assert format_number(1_250_000, NumberFormat("compact"), german) == "1,3M"


@pytest.mark.parametrize(
    ("text", "grain", "said"),
    [
        ("2024-01-01", "month", "Jan 2024"),
        ("2024-04-01", "quarter", "Q2 2024"),
        ("2024-01-01", "year", "2024"),
        ("2024-01-03", "day", "Jan 3, 2024"),
        ("2024-01-03T14:00:00", "hour", "Jan 3, 2024, 14:00"),
        ("2024-01-03", None, "Jan 3, 2024"),
        ("2024-01-03T14:05:07+02:00", None, "Jan 3, 2024, 14:05:07"),
        ("•••", "month", "•••"),
    ],
)
def test_dates_read_by_grain(text: str, grain: str | None, said: str) -> None:
    assert format_date(text, grain) == said


def test_cells_read_by_the_type_of_their_column() -> None:
    flag = ResultColumn("d1", "Open", "boolean")
    assert format_cell(True, flag) == "Yes"
    assert format_cell(None, REVENUE) == ""
    assert format_cell("1200.50", REVENUE) == "1,200.5"
    assert format_cell("•••", REVENUE) == "•••"
    assert format_cell("2024-01-01", MONTH) == "Jan 2024"
    assert format_cell("1200", REGION) == "1200"


def test_a_count_is_no_money_and_a_year_has_no_thousands() -> None:
    euros = ChartSpec(kind="bar", number_format="currency", currency="EUR")
    year = ResultColumn("d1", "Year", "integer")
    assert format_cell(1200, ORDERS, chart_format(euros, ORDERS)) == "1,200"
    assert format_cell("1200", REVENUE, chart_format(euros, REVENUE)) == "€1,200.00"
    assert format_cell(2024, year, chart_format(euros, year)) == "2024"


def test_axis_labels_stay_apart_however_narrow_the_axis() -> None:
    def labels(low: float, high: float) -> list[str]:
        form = axis_format(AUTO, low, high)
        return [format_number(low + (high - low) / 4 * step, form) for step in range(5)]

    assert labels(0, 1_000_000) == ["0", "250K", "500K", "750K", "1M"]
    assert labels(0, 8000) == ["0", "2,000", "4,000", "6,000", "8,000"]
    assert len(set(labels(1_000_000, 1_000_020))) == 5
    assert len(set(labels(0, 0.004))) == 5


@pytest.mark.parametrize("cell", [None, True, "x", "•••", "nan", "Infinity", "1e999", 10**500])
def test_what_is_no_number_is_not_drawn(cell: object) -> None:
    assert to_number(cell) is None


@pytest.fixture(scope="module")
def javascript() -> Iterator[MiniRacer]:
    engine = MiniRacer()
    engine.eval(Path(SCRIPTS[1]).read_text("utf-8"))
    engine.eval("const say = (json) => rmCharts.formatNumber(...JSON.parse(json))")
    yield engine
    engine.close()


FORMS = st.builds(
    NumberFormat,
    kind=st.sampled_from(
        ["auto", "integer", "decimal", "percent", "compact", "currency", "digits"]
    ),
    currency=st.sampled_from([None, "USD", "JPY", "CHF"]),
    decimals=st.none() | st.integers(0, 6),
    trim=st.booleans(),
)
NUMBERS = (
    st.floats(-1e9, 1e9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-5000, 5000).map(lambda number: number / 40)
)


@given(value=NUMBERS, form=FORMS)
@example(value=1150.0, form=NumberFormat("compact"))
@example(value=1.005, form=NumberFormat("decimal"))
@example(value=9.96e-7, form=AUTO)
@example(value=0.0009999, form=AUTO)
@example(value=-999_950.0, form=NumberFormat("compact", "USD"))
def test_browser_and_server_write_the_same_number(
    javascript: MiniRacer, value: float, form: NumberFormat
) -> None:
    kinds = {
        "kind": form.kind,
        "currency": form.currency,
        "decimals": form.decimals,
        "trim": form.trim,
    }
    assert javascript.call("say", json.dumps([value, kinds])) == format_number(value, form)
