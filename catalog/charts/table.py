"""A result as a table: the twin of every picture, with formatted cells and totals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from catalog.charts.fields import is_additive, is_measure
from catalog.charts.formats import (
    EN,
    NUMERIC_TYPES,
    Locale,
    NumberFormat,
    chart_format,
    format_cell,
    format_number,
    to_decimal,
)
from catalog.charts.spec import ChartSpec
from catalog.query.result import Cell, Result, ResultColumn

_MOST_PLACES = 6


@dataclass(frozen=True, slots=True)
class TableColumn:
    key: str
    label: str
    type: str
    align: Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class TableCell:
    """``value`` is the raw cell, for sorting and copying."""

    text: str
    value: Cell
    align: Literal["start", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Table:
    """``totals`` has a text for each column, or is None when none were asked for or possible."""

    columns: list[TableColumn]
    rows: list[list[TableCell]]
    totals: list[str] | None
    note: str


def table(
    result: Result,
    chart: ChartSpec | None = None,
    *,
    start: int = 0,
    limit: int | None = None,
    locale: Locale = EN,
) -> Table:
    """``start`` and ``limit`` cut a page out of the rows; totals are of all rows."""
    forms = [_column_format(result, at, chart) for at in range(len(result.columns))]
    columns = [
        TableColumn(c.key, c.label, c.type, "end" if c.type in NUMERIC_TYPES else "start")
        for c in result.columns
    ]
    shown = result.rows[start:] if limit is None else result.rows[start : start + limit]
    rows = [
        [
            TableCell(format_cell(cell, column, form, locale), cell, shown_as.align)
            for cell, column, form, shown_as in zip(
                row, result.columns, forms, columns, strict=True
            )
        ]
        for row in shown
    ]
    totals = _totals(result, forms, locale) if chart is not None and chart.totals else None
    note = f"The first {len(result.rows):,} rows of more." if result.truncated else ""
    return Table(columns, rows, totals, note)


def _column_format(result: Result, at: int, chart: ChartSpec | None) -> NumberFormat:
    """Figures of a column share their decimal places, so that they line up."""
    column = result.columns[at]
    form = chart_format(chart, column)
    if form.kind != "auto" or form.decimals is not None or column.type not in NUMERIC_TYPES:
        return form
    if column.type == "integer":
        return NumberFormat("integer")
    places = max((_places(row[at], form) for row in result.rows), default=0)
    return NumberFormat("decimal", decimals=min(places, _MOST_PLACES))


def _places(cell: Cell, form: NumberFormat) -> int:
    number = to_decimal(cell)
    if number is None:
        return 0
    text = format_number(number, form)
    return 0 if "e" in text else len(text.partition(".")[2])


def _totals(result: Result, forms: list[NumberFormat], locale: Locale) -> list[str] | None:
    """Sums of sums and counts only: an average of averages would be false."""
    totals = [
        _total(result, at, column, form, locale)
        for at, (column, form) in enumerate(zip(result.columns, forms, strict=True))
    ]
    if not any(totals):
        return None
    if not totals[0] and not is_measure(result.columns[0]):
        totals[0] = "Total of the rows shown" if result.truncated else "Total"
    return totals


def _total(
    result: Result, at: int, column: ResultColumn, form: NumberFormat, locale: Locale
) -> str:
    if not is_additive(column):
        return ""
    numbers = [value for row in result.rows if (value := to_decimal(row[at])) is not None]
    return format_number(sum(numbers, Decimal(0)), form, locale) if numbers else ""
