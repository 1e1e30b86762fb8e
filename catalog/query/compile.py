"""A ``ReportQuery`` as one SELECT of the source's dialect, values always as parameters.

Ordering unless the query says otherwise: the first time dimension ascending, else the first
measure descending; ties by the remaining dimensions; rows without a value last. Rows of a table
(no dimensions, no measures) come in the table's own order. ``limit`` is the caller's cap: one row
more is fetched, so that "the first 10,000 of more" can be said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from catalog.connectors.base import TableInfo
from catalog.query import expression
from catalog.query.arithmetic import Operand, evaluate
from catalog.query.dialects import ENGINES, DialectName, Names, bucket, literal_text, wide
from catalog.query.errors import QueryError
from catalog.query.filters import condition
from catalog.query.labels import GRAINS, dimension_label
from catalog.query.measures import aggregated
from catalog.query.outputs import Output
from catalog.query.result import ColumnType, ResultColumn
from catalog.query.scope import MOMENTS, TYPE_WORDS, Scope, Source
from catalog.query.spec import Dimension, Grain, ReportQuery

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Compiled:
    """``cap``: more rows than these were not asked for by the person but cut by us. ``scales``
    gives the places of decimals for engines that store them as floating point."""

    sql: str
    parameters: list[Any]
    columns: list[ResultColumn]
    cap: int
    scales: dict[str, int] = field(default_factory=dict)
    measured: frozenset[tuple[str, str]] = frozenset()  # masked (table, column) that are counted


def compile_query(
    query: ReportQuery,
    tables: Sequence[TableInfo],
    *,
    dialect: DialectName,
    limit: int,
    today: date,
    timezone: str,
    masked: Collection[str] = (),
) -> Compiled:
    """SQL, parameters and result columns of ``query``. ``masked`` names ``table.column`` that
    must not be seen. Raises ``QueryError`` with the place in the query."""
    names = Names(ENGINES[dialect])
    scope = Scope(query, tables, names, masked=masked, timezone=timezone)
    outputs = _outputs(query, scope)
    _check_series(query, outputs)
    statement = sa.select(*(output.sql.label(output.key) for output in outputs))
    statement = statement.select_from(scope.from_clause).where(
        *(
            condition(item, scope, path=f"filters[{index}]", today=today)
            for index, item in enumerate(query.filters)
        )
    )
    if query.measures:
        statement = statement.group_by(*(o.sql for o in outputs if o.role == "dimension"))
    statement = statement.order_by(*_order(query, outputs, scope))
    return _finished(statement, names, outputs, _rows(query, limit), limit)


def _finished(
    statement: sa.Select[Any], names: Names, outputs: list[Output], rows: int, cap: int
) -> Compiled:
    compiled = statement.compile(
        dialect=names.engine.dialect, compile_kwargs={"render_postcompile": True}
    )
    order = compiled.positiontup or []
    return Compiled(
        sql=f"{names.restore(str(compiled)).strip()}\nLIMIT {rows}",
        parameters=[compiled.params[name] for name in order],
        columns=[output.column() for output in outputs],
        cap=cap,
        scales={o.key: o.scale for o in outputs if o.scale is not None},
        measured=frozenset(
            (o.source.table, o.source.info.name)
            for o in outputs
            if o.role == "measure" and o.source is not None and o.source.masked
        ),
    )


def _rows(query: ReportQuery, cap: int) -> int:
    if query.limit is not None and query.limit <= cap:
        return query.limit
    return cap + 1


def _outputs(query: ReportQuery, scope: Scope) -> list[Output]:
    grouped = bool(query.measures)
    outputs = [
        _dimension(item, index, scope, grouped=grouped)
        for index, item in enumerate(query.dimensions, 1)
    ]
    if not outputs and not grouped:
        outputs = [
            _plain(source, f"d{index}", source.info.label)
            for index, source in enumerate(scope.all_columns(), 1)
        ]
    for index, measure in enumerate(query.measures, 1):
        outputs.append(aggregated(measure, index, scope))
    for index, computed in enumerate(query.computed):
        path = f"computed[{index}]"
        if any(output.key == computed.name for output in outputs):
            raise QueryError(f"“{computed.name}” is computed twice.", "", f"{path}.name")
        outputs.append(_computed(computed.name, computed.label, computed.expression, outputs, path))
    return outputs


def _dimension(item: Dimension, index: int, scope: Scope, *, grouped: bool) -> Output:
    path = f"dimensions[{index - 1}]"
    source = scope.column(item.column, f"{path}.column")
    if grouped:
        source.require_open("group rows", f"{path}.column")
    label = dimension_label(item, source.info.label)
    if item.grain is None or source.masked:
        return _plain(source, f"d{index}", label)
    _check_grain(item.grain, source, f"{path}.grain")
    kind: ColumnType = "datetime" if item.grain is Grain.HOUR else "date"
    return Output(
        f"d{index}", label, kind, bucket(item.grain, source.sql), "dimension", source,
        grain=item.grain.value,
    )  # fmt: skip


def _plain(source: Source, key: str, label: str) -> Output:
    if source.masked:
        return Output(key, label, "text", literal_text(MASK), "dimension", source)
    scale = source.info.stats.get("scale") if source.info.type == "decimal" else None
    return Output(key, label, source.info.type, source.sql, "dimension", source, scale=scale)


def _check_grain(grain: Grain, source: Source, path: str) -> None:
    kind = source.info.type
    if kind not in MOMENTS:
        raise QueryError(
            f"“{source.info.label}” holds {TYPE_WORDS[kind]}; it cannot be cut to a "
            f"{GRAINS[grain]}.",
            "Leave out the grain, or choose a date column.",
            path,
        )
    if grain is Grain.HOUR and kind == "date":
        raise QueryError(
            f"“{source.info.label}” holds dates without a time of day.",
            "Use day, week, month, quarter or year.",
            path,
        )


def _computed(name: str, label: str | None, text: str, outputs: list[Output], path: str) -> Output:
    try:
        result = evaluate(expression.parse(text), {o.key: _operand(o) for o in outputs})
    except QueryError as error:
        raise QueryError(error.message, error.hint, f"{path}.expression") from None
    return Output(
        name, label or text, result.type, result.sql, "computed", scale=result.scale,
        size=result.size,
    )  # fmt: skip


def _operand(output: Output) -> Operand:
    sql: ColumnElement[Any] = output.sql
    if output.role == "dimension" and output.type == "integer":
        sql = wide(sql)
    return Operand(sql, output.type, output.label, output.hidden, output.scale, output.size)


def _check_series(query: ReportQuery, outputs: list[Output]) -> None:
    dimensions = {output.key for output in outputs if output.role == "dimension"}
    if query.series is not None and query.series not in dimensions:
        raise QueryError(
            f"“{query.series}” cannot split the chart into series.",
            "Series are made of a dimension, such as d2.",
            "series",
        )


def _order(query: ReportQuery, outputs: list[Output], scope: Scope) -> list[ColumnElement[Any]]:
    engine = scope.names.engine.name
    keys = _asked_order(query, outputs) or _default_order(query, outputs)
    if not keys:
        return _own_order(scope)
    taken = {key for key, _ in keys}
    ties = [(o.key, "asc") for o in outputs if o.role == "dimension" and not o.hidden]
    keys += [(key, direction) for key, direction in ties if key not in taken]
    return [term for key, direction in keys for term in _terms(sa.column(key), direction, engine)]


def _asked_order(query: ReportQuery, outputs: list[Output]) -> list[tuple[str, str]]:
    known = {output.key: output for output in outputs}
    for index, item in enumerate(query.sort):
        path = f"sort[{index}].by"
        if item.by not in known:
            raise QueryError(
                f"There is no field “{item.by}” to sort by.",
                f"Fields here: {', '.join(known)}.",
                path,
            )
        if known[item.by].hidden:
            raise QueryError(
                f"“{known[item.by].label}” is hidden from you, so rows cannot be sorted by it.",
                "Sort by another column.",
                path,
            )
    return [(item.by, item.direction) for item in query.sort]


def _default_order(query: ReportQuery, outputs: list[Output]) -> list[tuple[str, str]]:
    if not query.dimensions:
        return []
    for output in outputs:
        if output.role == "dimension" and output.type in MOMENTS:
            return [(output.key, "asc")]
    if query.measures:
        return [("m1", "desc")]
    return [(o.key, "asc") for o in outputs if o.role == "dimension" and not o.hidden]


def _own_order(scope: Scope) -> list[ColumnElement[Any]]:
    """Files and SQLite keep the order of their rows; servers need a primary key for it."""
    if scope.names.engine.name not in ("postgresql", "mysql"):
        return []
    return [s.sql for s in scope.all_columns() if s.info.primary_key and not s.masked]


def _terms(column: ColumnElement[Any], direction: str, engine: str) -> list[ColumnElement[Any]]:
    term = column.desc() if direction == "desc" else column.asc()
    if engine == "mysql":
        return [column.is_(None), term]
    return [term.nulls_last()]
