"""The part of the dialogue's world that needs no database: what suits which columns.

A base for every ``Catalog``: it puts the questions to ``catalog.charts.suggest``."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.charts import suggest
from catalog.charts.columns import MOST_BARS, category_rank, distinct, fitting_grain, is_category
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.spec import Aggregate, Grain, ReportQuery
from wizard.dialogue.catalog import Axes, Suggestion

_SPLIT = (ChartKind.BAR, ChartKind.LINE, ChartKind.AREA)


class ChartAdvice:
    def suggestions(self, table: TableInfo) -> Sequence[Suggestion]:
        found = suggest.suggest(table.columns, table=table.name, label=table.label)
        return [Suggestion(s.name, s.query, s.chart, s.reason) for s in found]

    def dashboard_suggestions(self, table: TableInfo) -> Sequence[Suggestion]:
        found = suggest.suggest_dashboard(table)
        return [Suggestion(s.name, s.query, s.chart, s.reason) for s in found]

    def axes(self, kind: ChartKind, table: TableInfo) -> Axes:
        x, y = suggest.axis_candidates(table.columns, kind)
        series = sorted(filter(_splits, table.columns), key=category_rank) if kind in _SPLIT else ()
        return Axes(_names(x), _names(y), _names(series))

    def default_aggregate(self, table: TableInfo, column: str) -> Aggregate:
        return suggest.default_aggregate(_column(table, column))

    def default_grain(self, table: TableInfo, column: str) -> Grain:
        return fitting_grain(_column(table, column)) or Grain.MONTH

    def query_for(
        self,
        kind: ChartKind,
        table: TableInfo,
        *,
        x: str | None,
        y: str | None,
        series: str | None,
        aggregate: Aggregate | None,
        grain: Grain | None,
    ) -> tuple[ReportQuery, ChartSpec]:
        return suggest.query_for(
            kind,
            table.name,
            x=_column(table, x) if x else None,
            y=[_column(table, y)] if y else [],
            series=_column(table, series) if series else None,
            aggregate=aggregate,
            grain=grain,
        )

    def propose_name(self, table: TableInfo, query: ReportQuery, chart: ChartSpec) -> str:
        return suggest.propose_name(query, [table])


def _splits(column: ColumnInfo) -> bool:
    """A colour each is only readable for a few values."""
    return is_category(column) and (distinct(column) or 0) <= MOST_BARS


def _names(columns: Sequence[ColumnInfo]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _column(table: TableInfo, name: str) -> ColumnInfo:
    return next(column for column in table.columns if column.name == name)
