"""Cells as they travel: every driver's values in the few JSON forms of ``Result``.

Works column by column, since a result is many rows of few columns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any

from catalog.query.result import Cell, ColumnType, ResultColumn

SAFE_INTEGER = 2**53
BINARY = "(binary)"
UNSCALED_PLACES = 10  # of decimals that an engine keeps as floating point


class Unreadable(ValueError):
    """A value that its column's type does not have."""


def normalised(
    columns: Sequence[ResultColumn], rows: Sequence[Sequence[Any]], scales: dict[str, int]
) -> tuple[list[ResultColumn], list[list[Cell]], list[str]]:
    """Columns (types corrected by what came), rows, and notes about what could not be shown."""
    if not rows:
        return list(columns), [], []
    finished, series, notes = [], [], []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        column, cells, note = _column(column, values, scales.get(column.key))
        finished.append(column)
        series.append(cells)
        notes += [note] if note else []
    return finished, [list(row) for row in zip(*series, strict=True)], notes


def type_of(values: Iterable[Any]) -> ColumnType:
    """The type that fits all ``values``, for engines that do not tell."""
    kinds = {_kind(value) for value in values if value is not None}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"integer", "number"}:
        return "number"
    if kinds == {"date", "datetime"}:
        return "datetime"
    return "text"


def _kind(value: Any) -> ColumnType:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case Decimal():
            return "decimal"
        case datetime():
            return "datetime"
        case date():
            return "date"
        case time():
            return "time"
        case str():
            return text_kind(value)
        case _:
            return "text"


def text_kind(text: str) -> ColumnType:
    """Whether ``text`` is written as a date (``2024-01-31``) or as a moment."""
    if len(text) < 10 or text[4] != "-" or text[7] != "-":
        return "text"
    try:
        if len(text) == 10:
            date.fromisoformat(text)
            return "date"
        moment = datetime.fromisoformat(text)
    except ValueError:
        return "text"
    return "datetime" if moment.utcoffset() is None or text.endswith("Z") else "text"


def _column(
    column: ResultColumn, values: Sequence[Any], scale: int | None
) -> tuple[ResultColumn, list[Cell], str]:
    convert = _CONVERTERS[column.type] if scale is None else _scaled(scale)
    if set(map(type, values)) <= _READY.get(column.type, set()):
        cells, lost = list(values), 0
    else:
        cells, lost = _converted(values, convert)
    if column.type == "integer" and _unsafe(cells):
        column = replace(column, type="decimal")
        cells = [None if cell is None else str(cell) for cell in cells]
    return column, cells, _note(column, lost)


def _converted(values: Sequence[Any], convert: Callable[[Any], Cell]) -> tuple[list[Cell], int]:
    """The cells, and how many values could not become one."""
    cells: list[Cell] = []
    lost = 0
    for value in values:
        try:
            cells.append(None if value is None else convert(value))
        except (ValueError, InvalidOperation, OverflowError):
            cells.append(None)
            lost += 1
    return cells, lost


def _unsafe(cells: list[Any]) -> bool:
    numbers = [cell for cell in cells if cell is not None]
    return bool(numbers) and (max(numbers) > SAFE_INTEGER or min(numbers) < -SAFE_INTEGER)


def _note(column: ResultColumn, lost: int) -> str:
    if not lost:
        return ""
    values = "1 value" if lost == 1 else f"{lost:,} values"
    what = {"date": "a date", "datetime": "a date", "time": "a time"}.get(column.type, "a number")
    verb = "is" if lost == 1 else "are"
    return f"{values} of “{column.label}” {verb} not {what} and left empty."


def _integer(value: Any) -> Cell:
    if type(value) is int:
        return value
    if isinstance(value, str | bytes) or value != value.__trunc__():
        raise Unreadable
    return int(value)


def _number(value: Any) -> Cell:
    if isinstance(value, str | bytes):
        raise Unreadable
    number = float(value)
    if not math.isfinite(number):
        raise Unreadable
    return number


def _decimal(value: Any) -> Cell:
    if isinstance(value, float):
        value = Decimal(repr(round(value, UNSCALED_PLACES)))
    elif isinstance(value, str | bytes):
        raise Unreadable
    exact = Decimal(value)
    if not exact.is_finite():
        raise Unreadable
    return format(exact, "f")


def _scaled(scale: int) -> Callable[[Any], Cell]:
    """For decimals an engine keeps as floating point: the places are known, so rounding to them
    gives back the exact number."""
    unit = Decimal(1).scaleb(-scale)

    def convert(value: Any) -> Cell:
        exact = Decimal(_decimal(value))  # type: ignore[arg-type]
        return format(exact.quantize(unit) if exact.adjusted() < 25 else exact, "f")

    return convert


def _boolean(value: Any) -> Cell:
    if value in (0, 1):
        return bool(value)
    raise Unreadable


def _text(value: Any) -> Cell:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return BINARY
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _date(value: Any) -> Cell:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        raise Unreadable
    return value.isoformat()


def _datetime(value: Any) -> Cell:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, date):
        return datetime.combine(value, time()).isoformat()
    raise Unreadable


def _time(value: Any) -> Cell:
    if isinstance(value, str):
        value = time.fromisoformat(value)
    if not isinstance(value, time):
        raise Unreadable
    return value.replace(tzinfo=None).isoformat()


#: Python types that are cells already, for the columns where that is common.
_READY: dict[str, set[type]] = {
    "text": {str, NoneType},
    "integer": {int, NoneType},
    "boolean": {bool, NoneType},
}
_CONVERTERS: dict[str, Callable[[Any], Cell]] = {
    "integer": _integer,
    "decimal": _decimal,
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
}
