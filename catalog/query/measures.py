"""Measures as SQL aggregates, with the types that come out of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from catalog.query.dialects import median
from catalog.query.errors import QueryError
from catalog.query.labels import AGGREGATES, measure_label
from catalog.query.outputs import Output
from catalog.query.result import ColumnType
from catalog.query.scope import NUMBERS, TYPE_WORDS, Scope, Source
from catalog.query.spec import Aggregate, Measure

_COUNTING = {Aggregate.COUNT, Aggregate.COUNT_DISTINCT}
_ORDERING = {Aggregate.MIN, Aggregate.MAX}
_FRACTIONAL = {Aggregate.AVG, Aggregate.MEDIAN}


def aggregated(measure: Measure, index: int, scope: Scope) -> Output:
    """The ``index``-th measure (from 1); ``QueryError`` when it cannot be computed."""
    path = f"measures[{index - 1}]"
    if measure.column is None:
        return _rows(measure, index, path)
    source = scope.column(measure.column, f"{path}.column")
    if measure.aggregate is not Aggregate.COUNT:
        source.require_open("compute anything but a count", f"{path}.column")
    _check(measure.aggregate, source, f"{path}.aggregate")
    return Output(
        key=f"m{index}",
        label=measure_label(measure, source.info.label),
        type=_type(measure.aggregate, source),
        sql=_sql(measure.aggregate, source.sql),
        role="measure",
        source=source,
        aggregate=measure.aggregate.value,
        scale=_scale(measure.aggregate, source),
    )


def _rows(measure: Measure, index: int, path: str) -> Output:
    if measure.aggregate is not Aggregate.COUNT:
        raise QueryError(
            f"“{AGGREGATES[measure.aggregate].format('…')}” needs a column.",
            "Only a count works without one: it counts rows.",
            f"{path}.column",
        )
    label = measure_label(measure, None)
    sql = sa.func.count(sa.literal_column("*"))
    return Output(f"m{index}", label, "integer", sql, "measure", aggregate="count")


def _check(aggregate: Aggregate, source: Source, path: str) -> None:
    kind = source.info.type
    if aggregate in _COUNTING or kind in NUMBERS:
        return
    if aggregate in _ORDERING and kind != "boolean":
        return
    words = AGGREGATES[aggregate].format("…")
    raise QueryError(
        f"“{source.info.label}” holds {TYPE_WORDS[kind]}; “{words}” needs numbers.",
        "Count it, or choose a column of numbers.",
        path,
    )


def _type(aggregate: Aggregate, source: Source) -> ColumnType:
    if aggregate in _COUNTING:
        return "integer"
    return "number" if aggregate in _FRACTIONAL else source.info.type


def _scale(aggregate: Aggregate, source: Source) -> int | None:
    if aggregate in _COUNTING | _FRACTIONAL or source.info.type != "decimal":
        return None
    return source.info.stats.get("scale")


def _sql(aggregate: Aggregate, column: ColumnElement[Any]) -> ColumnElement[Any]:
    match aggregate:
        case Aggregate.COUNT_DISTINCT:
            return sa.func.count(column.distinct())
        case Aggregate.MEDIAN:
            return median(column)
        case _:
            return getattr(sa.func, aggregate.value)(column)  # type: ignore[no-any-return]
