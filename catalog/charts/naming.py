"""Names for reports: "Revenue by Month"."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.connectors.base import TableInfo
from catalog.query.spec import Aggregate, Dimension, Measure, ReportQuery

LONGEST = 120

_WORDS = {
    Aggregate.SUM: "",
    Aggregate.AVG: "Average ",
    Aggregate.MEDIAN: "Median ",
    Aggregate.MIN: "Lowest ",
    Aggregate.MAX: "Highest ",
    Aggregate.COUNT: "Number of ",
    Aggregate.COUNT_DISTINCT: "Different ",
}


def propose_name(query: ReportQuery, tables: Sequence[TableInfo]) -> str:
    """A name in the words of the columns' labels, at most 120 characters."""
    table = next((t for t in tables if t.name == query.table), None)
    whole = readable(table.label if table else query.table)
    labels = _labels(query, tables)
    measures = [_measure(measure, labels, whole) for measure in query.measures]
    groups = [_dimension(dimension, labels) for dimension in query.dimensions]
    if measures and groups:
        name = f"{_listed(measures)} by {_listed(groups)}"
    elif measures:
        bare = len(measures) == 1 and query.measures[0].aggregate is Aggregate.SUM
        name = f"Total {measures[0]}" if bare else _listed(measures)
    elif groups:
        name = f"{_listed(groups)} of {whole}"
    else:
        name = whole
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def readable(label: str) -> str:
    """``net_revenue`` as people write it, "Net revenue"; other labels stay as they are."""
    flat = " ".join(label.split())
    if " " in flat or ("_" not in flat and not flat.islower()):
        return flat
    words = " ".join(flat.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _labels(query: ReportQuery, tables: Sequence[TableInfo]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for table in tables:
        for column in table.columns:
            labels[f"{table.name}.{column.name}"] = readable(column.label or column.name)
            if table.name == query.table:
                labels[column.name] = readable(column.label or column.name)
    return labels


def _measure(measure: Measure, labels: dict[str, str], whole: str) -> str:
    if measure.label:
        return measure.label
    if measure.column is None:
        return f"Number of {whole}"
    return _WORDS[measure.aggregate] + labels.get(measure.column, readable(measure.column))


def _dimension(dimension: Dimension, labels: dict[str, str]) -> str:
    if dimension.label:
        return dimension.label
    if dimension.grain is not None:
        return dimension.grain.value.capitalize()
    return labels.get(dimension.column, readable(dimension.column))


def _listed(names: list[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
