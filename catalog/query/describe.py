"""One plain sentence for a query: under a title, in a plan's summary, for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from catalog.connectors.base import TableInfo
from catalog.query import relative
from catalog.query.labels import OPERATORS, dimension_label, measure_label
from catalog.query.spec import Dimension, Filter, Measure, Operator, ReportQuery, SqlQuery

MOST_VALUES = 3


def describe(query: ReportQuery | SqlQuery, tables: Sequence[TableInfo]) -> str:
    """E.g. "Sum of Revenue by Month, where Region is EMEA, top 10". Never fails: a name the
    tables do not know is said as it is."""
    if isinstance(query, SqlQuery):
        return "Written in SQL"
    return ", ".join(part for part in _parts(query, _Words(query, tables)) if part)


class _Words:
    """The labels of tables and columns, by the names a query uses."""

    def __init__(self, query: ReportQuery, tables: Sequence[TableInfo]) -> None:
        self.tables = {table.name: table.label for table in tables}
        self.columns = {
            f"{table.name}.{column.name}": column.label
            for table in tables
            for column in table.columns
        }
        self.base = query.table

    def table(self, name: str) -> str:
        return self.tables.get(name, name)

    def column(self, name: str) -> str:
        return self.columns.get(f"{self.base}.{name}", self.columns.get(name, name))


def _parts(query: ReportQuery, words: _Words) -> list[str]:
    return [
        _subject(query, words),
        _computed(query),
        _with(query, words),
        _where(query, words),
        _ranking(query, words),
    ]


def _subject(query: ReportQuery, words: _Words) -> str:
    dimensions = [_dimension(item, words) for item in query.dimensions]
    if query.measures:
        subject = _listed([_measure(item, words) for item in query.measures])
        return f"{subject} by {_listed(dimensions)}" if dimensions else subject
    columns = _listed(dimensions) if dimensions else "All columns"
    return f"{columns} of {words.table(query.table)}"


def _dimension(item: Dimension, words: _Words) -> str:
    return dimension_label(item, words.column(item.column))


def _measure(item: Measure, words: _Words) -> str:
    return measure_label(item, words.column(item.column) if item.column else None)


def _computed(query: ReportQuery) -> str:
    names = [item.label or item.expression for item in query.computed]
    return f"with {_listed(names)}" if names else ""


def _with(query: ReportQuery, words: _Words) -> str:
    names = [words.table(join.table) for join in query.joins]
    return f"joined with {_listed(names)}" if names else ""


def _where(query: ReportQuery, words: _Words) -> str:
    conditions = [_condition(item, words) for item in query.filters]
    return f"where {_listed(conditions)}" if conditions else ""


def _condition(item: Filter, words: _Words) -> str:
    start = f"{words.column(item.column)} {OPERATORS[item.operator]}"
    values = [_value(value) for value in item.values]
    if item.operator is Operator.RELATIVE:
        return f"{start} {relative.label(values[0])}" if values else start
    if len(values) > MOST_VALUES + 1:
        values = [*values[:MOST_VALUES], f"{len(values) - MOST_VALUES} more"]
    if item.operator in (Operator.IN, Operator.NOT_IN):
        return f"{start} {_listed(values, last='or')}"
    return f"{start} {_listed(values)}" if values else start


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _ranking(query: ReportQuery, words: _Words) -> str:
    first = query.sort[0] if query.sort else None
    if query.limit is None:
        return f"sorted by {_field(first.by, query, words)}" if first else ""
    if not query.measures or not (query.dimensions or query.computed):
        return f"first {query.limit} rows"
    if first is not None and first.by.startswith(("m", "c")):
        return f"{'top' if first.direction == 'desc' else 'bottom'} {query.limit}"
    timed = any(item.grain for item in query.dimensions)
    return f"first {query.limit}" if first or timed else f"top {query.limit}"


def _field(key: str, query: ReportQuery, words: _Words) -> str:
    known: dict[str, str] = {
        **{f"d{i}": _dimension(item, words) for i, item in enumerate(query.dimensions, 1)},
        **{f"m{i}": _measure(item, words) for i, item in enumerate(query.measures, 1)},
        **{item.name: item.label or item.expression for item in query.computed},
    }
    return known.get(key, key)


def _listed(items: Sequence[str], *, last: str = "and") -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
