"""Eight reports on the sales file, as a dashboard asks them; the first is measured alone too."""

from __future__ import annotations

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.spec import Aggregate, Dimension, Grain, Measure, ReportQuery, Sort

_AMOUNT = Measure(aggregate=Aggregate.SUM, column="amount", label="Amount")
_ORDERS = Measure(aggregate=Aggregate.COUNT, label="Orders")
_QUANTITY = Measure(aggregate=Aggregate.AVG, column="quantity", label="Quantity")
_LARGEST = (Sort(by="m1", direction="desc"),)


def all_of(table: str) -> list[tuple[str, ReportQuery, ChartSpec]]:
    """Name, question and chart of each."""
    line, bar = ChartSpec(kind=ChartKind.LINE), ChartSpec(kind=ChartKind.BAR)
    month = Dimension(column="ordered_on", grain=Grain.MONTH, label="Month")
    year = Dimension(column="ordered_on", grain=Grain.YEAR, label="Year")
    region = Dimension(column="region", label="Region")
    product = Dimension(column="product", label="Product")

    def ask(*dimensions: Dimension, measure: Measure, limit: int | None = None) -> ReportQuery:
        sort = _LARGEST if limit else ()
        return ReportQuery(
            table=table, dimensions=dimensions, measures=(measure,), sort=sort, limit=limit
        )

    return [
        ("Bench: amount by month", ask(month, measure=_AMOUNT), line),
        ("Bench: orders by month", ask(month, measure=_ORDERS), line),
        ("Bench: amount by region", ask(region, measure=_AMOUNT), bar),
        ("Bench: orders by region", ask(region, measure=_ORDERS), bar),
        ("Bench: best products", ask(product, measure=_AMOUNT, limit=10), bar),
        ("Bench: most ordered", ask(product, measure=_ORDERS, limit=10), bar),
        ("Bench: amount by year", ask(year, measure=_AMOUNT), bar),
        ("Bench: quantity by region", ask(region, measure=_QUANTITY), bar),
    ]
