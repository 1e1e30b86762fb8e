"""The demo spreadsheet: the US employment table as people keep such a thing in Excel."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO
from pathlib import Path

import xlsxwriter

DATA = Path(__file__).parent / "data"
NAME = "US employment 2006-2015.xlsx"
SECTORS = {
    "mining_and_logging": "Mining and logging",
    "construction": "Construction",
    "manufacturing": "Manufacturing",
    "trade_transportation_utilties": "Trade, transportation, utilities",
    "information": "Information",
    "financial_activities": "Financial activities",
    "professional_and_business_services": "Professional and business services",
    "education_and_health_services": "Education and health services",
    "leisure_and_hospitality": "Leisure and hospitality",
    "other_services": "Other services",
    "government": "Government",
}


def workbook() -> bytes:
    """An xlsx file with the sheets “Monthly” (a title above the table) and “By sector”."""
    with (DATA / "us-employment.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    dates = book.add_format({"num_format": "yyyy-mm-dd"})
    monthly = book.add_worksheet("Monthly")
    monthly.write(0, 0, "Employees in the United States, thousands, seasonally adjusted")
    _write(monthly, _monthly(rows), dates, start=2)
    _write(book.add_worksheet("By sector"), _by_sector(rows), dates, start=0)
    book.close()
    return buffer.getvalue()


def _monthly(rows: list[dict[str, str]]) -> list[list[object]]:
    names = {"nonfarm": "All nonfarm", "private": "Private", **SECTORS, "nonfarm_change": "Change"}
    body = [
        [date.fromisoformat(row["month"]), *(float(row[name]) for name in names)] for row in rows
    ]
    return [["Month", *names.values()], *body]


def _by_sector(rows: list[dict[str, str]]) -> list[list[object]]:
    body = [
        [date.fromisoformat(row["month"]), label, float(row[name])]
        for row in rows
        for name, label in SECTORS.items()
    ]
    return [["Month", "Sector", "Employees (thousands)"], *body]


def _write(sheet: object, rows: list[list[object]], dates: object, *, start: int) -> None:
    for number, row in enumerate(rows, start):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, dates)  # type: ignore[attr-defined]
            else:
                sheet.write(number, column, value)  # type: ignore[attr-defined]
    sheet.set_column(0, len(rows[0]), 16)  # type: ignore[attr-defined]
