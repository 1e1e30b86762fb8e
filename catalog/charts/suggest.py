"""Which chart suits the data, and why: for the builder, the wizard, the chat and the first
dashboard of a new source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.charts.columns import (
    FEW_PARTS,
    MOST_BARS,
    axis_candidates,
    default_aggregate,
    distinct,
    fitting_grain,
    is_number,
    is_time,
    is_year,
)
from catalog.charts.naming import propose_name, readable
from catalog.charts.shape import suggest_for_result
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.spec import Aggregate, Dimension, Grain, Measure, ReportQuery, Sort

__all__ = [
    "Suggestion",
    "axis_candidates",
    "default_aggregate",
    "propose_name",
    "query_for",
    "suggest",
    "suggest_dashboard",
    "suggest_for_result",
]

MOST_DOTS = 1000
MOST_LISTED = 100

_CROSSED = frozenset({ChartKind.LINE, ChartKind.AREA, ChartKind.BAR})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``reason`` is a sentence for people, ``name`` a proposed title."""

    kind: ChartKind
    query: ReportQuery
    chart: ChartSpec
    reason: str
    name: str


def suggest(columns: Sequence[ColumnInfo], *, table: str, label: str = "") -> list[Suggestion]:
    """Charts for a table, best first; never empty, a table always suits."""
    info = TableInfo(name=table, label=label or table, columns=list(columns))
    ways = (_over_time, _compared, _parts, _related, _figure, _counted, _listed)
    found = (way(info) for way in ways)
    return [suggestion for suggestion in found if suggestion is not None]


def suggest_dashboard(table: TableInfo) -> list[Suggestion]:
    """Three to six for a good first dashboard, figures on top."""
    _, numbers = axis_candidates(table.columns, ChartKind.NUMBER)
    figures = [_row_count(table), *(_figure_of(table, column) for column in numbers[:2])]
    ways = [_over_time(table), _compared(table), _parts(table), _compared(table, skip=1)]
    charts: list[Suggestion] = []
    for chart in ways:
        if chart is not None and all(chart.query != other.query for other in charts):
            charts.append(chart)
    if len(figures) + len(charts) < 2:
        figures += _different(table)
    if len(figures) + len(charts) < 6:
        charts.append(_listed(table))
    return [*figures, *charts][:6]


def query_for(
    kind: ChartKind,
    table: str,
    x: ColumnInfo | None = None,
    y: Sequence[ColumnInfo] = (),
    series: ColumnInfo | None = None,
    aggregate: Aggregate | None = None,
    grain: Grain | None = None,
) -> tuple[ReportQuery, ChartSpec]:
    """The query and chart for a kind and its columns. Without ``y`` rows are counted; without
    ``aggregate`` and ``grain`` the fitting ones are taken."""
    if kind is ChartKind.SCATTER and aggregate is None:
        return _dots(table, x, y, series)
    if kind is ChartKind.TABLE and not y and aggregate is None:
        return _rows(table, [column for column in (x, series) if column is not None])
    dimensions = [_dimension(column, grain) for column in (x, series) if column is not None]
    measures = [_measure(column, aggregate) for column in y] or [Measure(aggregate=Aggregate.COUNT)]
    query = ReportQuery(
        table=table,
        dimensions=tuple(dimensions),
        measures=tuple(measures),
        series="d2" if x is not None and series is not None and kind in _CROSSED else None,
        sort=_sort(kind, x),
    )
    return query, _chart(kind, x, series, len(measures))


def _chart(
    kind: ChartKind, x: ColumnInfo | None, series: ColumnInfo | None, measures: int
) -> ChartSpec:
    crossed = x is not None and series is not None and kind in _CROSSED
    count = distinct(x) if x is not None and not _runs(x) else None
    top = None
    if kind is ChartKind.BAR and count is not None and count > MOST_BARS:
        top = MOST_BARS
    return ChartSpec(
        kind=kind,
        x="d1" if x is not None else None,
        y=tuple(f"m{number + 1}" for number in range(measures)),
        series="d2" if crossed else None,
        horizontal=kind is ChartKind.BAR and count is not None and count > 12,
        totals=kind is ChartKind.TABLE,
        top_n=top,
    )


def _dots(
    table: str, x: ColumnInfo | None, y: Sequence[ColumnInfo], series: ColumnInfo | None
) -> tuple[ReportQuery, ChartSpec]:
    """Every row a dot, so nothing is aggregated."""
    chosen = [column for column in (x, *y[:1], series) if column is not None]
    query = ReportQuery(
        table=table,
        dimensions=tuple(Dimension(column=column.name) for column in chosen),
        limit=MOST_DOTS,
    )
    named = series is not None and len(chosen) == 3
    return query, ChartSpec(
        kind=ChartKind.SCATTER,
        x="d1" if chosen else None,
        y=("d2",) if len(chosen) > 1 and y else (),
        series="d3" if named else None,
    )


def _rows(table: str, columns: list[ColumnInfo]) -> tuple[ReportQuery, ChartSpec]:
    dimensions = tuple(Dimension(column=column.name) for column in columns)
    query = ReportQuery(table=table, dimensions=dimensions, limit=MOST_LISTED)
    return query, ChartSpec(kind=ChartKind.TABLE)


def _dimension(column: ColumnInfo, grain: Grain | None) -> Dimension:
    cut = (grain or fitting_grain(column)) if is_time(column) else None
    return Dimension(column=column.name, grain=cut)


def _measure(column: ColumnInfo, aggregate: Aggregate | None) -> Measure:
    return Measure(aggregate=aggregate or default_aggregate(column), column=column.name)


def _runs(column: ColumnInfo) -> bool:
    return is_time(column) or is_year(column)


def _sort(kind: ChartKind, x: ColumnInfo | None) -> tuple[Sort, ...]:
    """Along time in its order, everything else biggest first."""
    if x is None:
        return ()
    if _runs(x) or kind in {ChartKind.LINE, ChartKind.AREA}:
        return (Sort(by="d1"),)
    return (Sort(by="m1", direction="desc"),)


def _made(
    table: TableInfo,
    kind: ChartKind,
    reason: str,
    x: ColumnInfo | None = None,
    y: Sequence[ColumnInfo] = (),
) -> Suggestion:
    query, chart = query_for(kind, table.name, x, y)
    return Suggestion(kind, query, chart, reason, propose_name(query, [table]))


def _over_time(table: TableInfo) -> Suggestion | None:
    across, numbers = axis_candidates(table.columns, ChartKind.LINE)
    if not across or not _runs(across[0]):
        return None
    reason = f"{_label(across[0])} looks like time, so a line suits."
    return _made(table, ChartKind.LINE, reason, across[0], numbers[:1])


def _compared(table: TableInfo, skip: int = 0) -> Suggestion | None:
    groups, numbers = axis_candidates(table.columns, ChartKind.BAR)
    groups = [column for column in groups if not _runs(column) and _compares(column)][skip:]
    if not groups:
        return None
    count = distinct(groups[0])
    many = "a few" if count is None else f"{count:,}"
    reason = f"{_label(groups[0])} has {many} values to compare, so bars suit, biggest first."
    return _made(table, ChartKind.BAR, reason, groups[0], numbers[:1])


def _compares(column: ColumnInfo) -> bool:
    count = distinct(column)
    if count is None:
        return column.semantic in {"category", "geo", "boolean"}
    return 2 <= count <= MOST_BARS


def _parts(table: TableInfo) -> Suggestion | None:
    """A pie where few parts make a whole: sums that are never negative, or counted rows."""
    groups, numbers = axis_candidates(table.columns, ChartKind.PIE)
    few = [c for c in groups if not _runs(c) and 2 <= (distinct(c) or 0) <= FEW_PARTS]
    if not few:
        return None
    whole = [c for c in numbers if default_aggregate(c) is Aggregate.SUM and _never_negative(c)]
    reason = f"{_label(few[0])} has only {distinct(few[0])} parts, so a pie shows their shares."
    return _made(table, ChartKind.PIE, reason, few[0], whole[:1])


def _never_negative(column: ColumnInfo) -> bool:
    low = column.stats.get("min")
    return isinstance(low, (int, float)) and low >= 0


def _related(table: TableInfo) -> Suggestion | None:
    across, up = axis_candidates(table.columns, ChartKind.SCATTER)
    numbers = [column for column in across if is_number(column)]
    if len(numbers) < 2:
        return None
    reason = (
        f"{_label(numbers[0])} and {_label(up[0])} are both numbers, "
        "so dots show whether they go together."
    )
    return _made(table, ChartKind.SCATTER, reason, numbers[0], up[:1])


def _figure(table: TableInfo) -> Suggestion | None:
    _, numbers = axis_candidates(table.columns, ChartKind.NUMBER)
    return _figure_of(table, numbers[0]) if numbers else None


def _figure_of(table: TableInfo, column: ColumnInfo) -> Suggestion:
    reason = f"{_label(column)} is one number, so a figure says it best."
    return _made(table, ChartKind.NUMBER, reason, None, [column])


def _counted(table: TableInfo) -> Suggestion | None:
    """With nothing to add up, how many there are is the question."""
    return None if _figure(table) else _row_count(table)


def _row_count(table: TableInfo) -> Suggestion:
    reason = "How many rows there are is the first thing to know."
    return _made(table, ChartKind.NUMBER, reason)


def _different(table: TableInfo) -> list[Suggestion]:
    """How many different values the likeliest column has."""
    open_columns = [column for column in table.columns if not column.sensitive]
    reason = "With nothing to add up, how many different ones there are says most."
    return [_made(table, ChartKind.NUMBER, reason, None, [c]) for c in open_columns[:1]]


def _listed(table: TableInfo) -> Suggestion:
    return _made(table, ChartKind.TABLE, "A table shows the rows as they are.")


def _label(column: ColumnInfo) -> str:
    return readable(column.label or column.name)
