"""Small results to draw."""

from __future__ import annotations

from catalog.query.result import Cell, Result, ResultColumn

MONTH = ResultColumn("d1", "Month", "date", "day", None, "month")
REGION = ResultColumn("d1", "Region", "text", "region")
REGION2 = ResultColumn("d2", "Region", "text", "region")
REVENUE = ResultColumn("m1", "Revenue", "decimal", "revenue", "sum")
ORDERS = ResultColumn("m2", "Orders", "integer", None, "count")
AVERAGE = ResultColumn("m1", "Average price", "number", "price", "avg")


def result(columns: list[ResultColumn], *rows: list[Cell], as_of: str = "") -> Result:
    return Result(columns, [list(row) for row in rows], as_of=as_of)


def monthly(*values: Cell, start: int = 1) -> Result:
    rows: list[list[Cell]] = [
        [f"2024-{start + at:02d}-01", value] for at, value in enumerate(values)
    ]
    return result([MONTH, REVENUE], *rows)


def regional(**values: Cell) -> Result:
    return result([REGION, REVENUE], *([name, value] for name, value in values.items()))
