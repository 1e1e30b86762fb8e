"""The short form of a chart (``xAxis="Month" yAxis="Revenue"``) against a source's columns."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.charts.suggest import query_for
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.spec import Aggregate, ReportQuery
from common.http.problems import Problem
from wizard.plan.model import ChartShorthand


class UnknownColumn(Problem):
    """No table has a column of that name; ``hint`` lists those there are."""

    def __init__(self, wanted: str, tables: Sequence[TableInfo]) -> None:
        message = _("The data source has no column “%(name)s”.") % {"name": wanted}
        super().__init__("QUERY_REFUSED", message, fields={"config": [message]})
        labels = [column.label for table in tables[:1] for column in table.columns]
        self.hint = _("Its columns are: %(names)s.") % {"names": ", ".join(labels[:20])}


def expand(chart: ChartShorthand, tables: Sequence[TableInfo]) -> tuple[ReportQuery, ChartSpec]:
    """Query and chart for the first table that has all the columns named."""
    wanted = [name for name in (chart.x_axis, chart.y_axis, chart.series) if name]
    table = next((each for each in tables if all(_column(each, n) for n in wanted)), None)
    if table is None:
        missing = (name for name in wanted if not any(_column(each, name) for each in tables))
        raise UnknownColumn(next(missing, wanted[0] if wanted else chart.type), tables)
    y = _column(table, chart.y_axis)
    return query_for(
        ChartKind(chart.type),
        table.name,
        _column(table, chart.x_axis),
        [y] if y else [],
        _column(table, chart.series),
        Aggregate(chart.aggregate) if chart.aggregate else None,
    )


def _column(table: TableInfo, wanted: str) -> ColumnInfo | None:
    """By name, else by label, else by either ignoring case and blanks around."""
    if not wanted:
        return None
    plain = wanted.strip().casefold()
    tests = (
        lambda column: column.name == wanted,
        lambda column: column.label == wanted,
        lambda column: plain in {column.name.casefold(), column.label.strip().casefold()},
    )
    for test in tests:
        if found := next(filter(test, table.columns), None):
            return found
    return None
