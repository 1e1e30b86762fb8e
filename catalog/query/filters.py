"""Conditions. ``is not`` and ``is none of`` keep rows without a value, as people mean them; texts
are searched without regard to case; a date compared with a moment means that whole day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, TypeGuard

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from catalog.query import relative
from catalog.query.dialects import iso_text
from catalog.query.errors import QueryError
from catalog.query.labels import OPERATORS
from catalog.query.scope import MOMENTS, TYPE_WORDS, Scope, Source
from catalog.query.spec import Filter, Operator
from catalog.query.values import Value, bound, checked

MAX_VALUES = 5_000
_COUNTS = {Operator.BETWEEN: 2, Operator.EMPTY: 0, Operator.NOT_EMPTY: 0}
_ALLOWED = {
    "boolean": {Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN},
    "text": set(Operator) - {Operator.RELATIVE},
    "date": set(Operator) - {Operator.CONTAINS, Operator.STARTS},
    "datetime": set(Operator) - {Operator.CONTAINS, Operator.STARTS},
}
_OTHERS = set(Operator) - {Operator.CONTAINS, Operator.STARTS, Operator.RELATIVE}
_EMPTINESS = {Operator.EMPTY, Operator.NOT_EMPTY}
_DAY = timedelta(days=1)


def condition(item: Filter, scope: Scope, *, path: str, today: date) -> ColumnElement[bool]:
    source = scope.column(item.column, f"{path}.column")
    source.require_open("filter", f"{path}.column")
    _check_shape(item, source, path)
    writer = _Writer(source, scope.names.engine.name)
    if item.operator is Operator.RELATIVE:
        period = _period(str(item.values[0]), path, today, scope.timezone)
        return writer.days(period.start, period.end)
    values = [
        checked(value, source.info, f"{path}.values[{index}]")
        for index, value in enumerate(item.values)
    ]
    if item.operator is Operator.BETWEEN:
        _check_order(values, source, path)
    return writer.write(item.operator, values)


class _Writer:
    """Conditions on one column."""

    def __init__(self, source: Source, engine: str) -> None:
        self.sql = source.sql
        self.type = source.info.type
        self.engine = engine

    def write(self, operator: Operator, values: list[Value]) -> ColumnElement[bool]:
        match operator:
            case Operator.EMPTY:
                return self._empty()
            case Operator.NOT_EMPTY:
                return sa.not_(self._empty())
            case Operator.EQ | Operator.IN:
                return self._one_of(values)
            case Operator.NE | Operator.NOT_IN:
                return sa.or_(sa.not_(self._one_of(values)), self.sql.is_(None))
            case Operator.BETWEEN:
                return sa.and_(self._at_least(values[0]), self._at_most(values[1]))
            case Operator.GE:
                return self._at_least(values[0])
            case Operator.LE:
                return self._at_most(values[0])
            case Operator.LT:
                return self._compare("<", values[0])
            case Operator.GT:
                return self._after(values[0])
            case Operator.CONTAINS:
                return self._like(f"%{_escaped(values[0])}%")
            case _:
                return self._like(f"{_escaped(values[0])}%")

    def days(self, start: date, end: date) -> ColumnElement[bool]:
        """``start`` ≤ column < ``end``."""
        return sa.and_(self._compare(">=", start), self._compare("<", end))

    def _empty(self) -> ColumnElement[bool]:
        nothing = self.sql.is_(None)
        return (
            sa.or_(nothing, self.sql == sa.literal_column("''")) if self.type == "text" else nothing
        )

    def _one_of(self, values: list[Value]) -> ColumnElement[bool]:
        if self.type == "datetime":
            return sa.or_(*(self._moment_is(value) for value in values))
        if len(values) == 1:
            return self._compare("=", values[0])
        return self.sql.in_([bound(value, self.engine) for value in values])

    def _moment_is(self, value: Value) -> ColumnElement[bool]:
        if _is_day(value):
            return self.days(value, value + _DAY)
        return self._compare("=", value)

    def _at_least(self, value: Value) -> ColumnElement[bool]:
        return self._compare(">=", value)

    def _at_most(self, value: Value) -> ColumnElement[bool]:
        if self.type == "datetime" and _is_day(value):
            return self._compare("<", value + _DAY)
        return self._compare("<=", value)

    def _after(self, value: Value) -> ColumnElement[bool]:
        if self.type == "datetime" and _is_day(value):
            return self._compare(">=", value + _DAY)
        return self._compare(">", value)

    def _compare(self, sign: str, value: Value) -> ColumnElement[bool]:
        column: ColumnElement[Any] = self.sql
        if self.type == "datetime":
            if _is_day(value):
                value = datetime.combine(value, time())
            if self.engine == "sqlite" and (sign == "=" or value.time() != time()):  # type: ignore[union-attr]
                return iso_text(column).op(sign, is_comparison=True)(_exact_text(value))
        return column.op(sign, is_comparison=True)(bound(value, self.engine))

    def _like(self, pattern: str) -> ColumnElement[bool]:
        return sa.func.lower(self.sql).like(bound(pattern, self.engine), escape="/")


def _is_day(value: Value) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)


def _exact_text(value: Any) -> ColumnElement[str]:
    return sa.bindparam(None, value.isoformat(" ", "milliseconds"), type_=sa.Text())


def _escaped(value: Value) -> str:
    text = str(value).lower()
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _period(phrase: str, path: str, today: date, timezone: str) -> relative.DateRange:
    try:
        return relative.resolve(phrase, today=today, timezone=timezone)
    except QueryError as error:
        raise QueryError(error.message, error.hint, f"{path}.values[0]") from None


def _check_shape(item: Filter, source: Source, path: str) -> None:
    kind, words = source.info.type, OPERATORS[item.operator]
    if item.operator not in _ALLOWED.get(kind, _OTHERS) | _EMPTINESS:
        raise QueryError(
            f"“{source.info.label}” holds {TYPE_WORDS[kind]}; “{words}” does not work on those.",
            "Dates take periods, texts take searches." if kind not in MOMENTS else "",
            f"{path}.operator",
        )
    given = len(item.values)
    if item.operator in (Operator.IN, Operator.NOT_IN):
        if not 1 <= given <= MAX_VALUES:
            raise QueryError(
                f"“{words}” takes between 1 and {MAX_VALUES:,} values, not {given:,}.",
                "",
                f"{path}.values",
            )
        return
    wanted = _COUNTS.get(item.operator, 1)
    if given != wanted:
        raise QueryError(
            f"“{words}” takes {('no value', 'one value', 'two values')[wanted]}, not {given}.",
            "",
            f"{path}.values",
        )


def _check_order(values: list[Any], source: Source, path: str) -> None:
    low, high = (_comparable(value) for value in values)
    if low > high:
        raise QueryError(
            f"The range of “{source.info.label}” starts after it ends.",
            "Swap the two values.",
            f"{path}.values",
        )


def _comparable(value: Any) -> Any:
    return datetime.combine(value, time()) if _is_day(value) else value
