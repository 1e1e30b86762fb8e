"""Values of filters: checked against the column's type, then shaped for the engine's driver."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from catalog.connectors.base import ColumnInfo
from catalog.query.errors import QueryError
from catalog.query.scope import TYPE_WORDS

_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")
_TYPES: dict[type, Any] = {
    bool: sa.Boolean(),
    int: sa.BigInteger(),
    float: sa.Double(),
    Decimal: sa.Numeric(),
    str: sa.Text(),
    date: sa.Date(),
    datetime: sa.DateTime(),
    time: sa.Time(),
}
Value = bool | int | float | Decimal | str | date | datetime | time


def checked(value: object, column: ColumnInfo, path: str) -> Value:
    """``value`` as the Python value of the column's type, or ``QueryError``."""
    converted: Value | None = _CHECKS[column.type](value)
    if converted is None:
        raise QueryError(
            f"“{column.label}” holds {TYPE_WORDS[column.type]}, and “{value}” is not one of those."
            if column.type != "boolean"
            else f"“{column.label}” is yes or no, and “{value}” is neither.",
            _HINTS.get(column.type, ""),
            path,
        )
    return converted


def bound(value: Value, engine: str) -> ColumnElement[Any]:
    """``value`` as a parameter; it never becomes part of the statement's text."""
    kind = _TYPES[type(value)]
    return sa.bindparam(None, _for_sqlite(value) if engine == "sqlite" else value, type_=kind)


def _for_sqlite(value: Value) -> Value:
    """SQLite knows no dates (they are texts), no exact decimals and no booleans."""
    match value:
        case bool():
            return int(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            if value.time() == time():
                return value.date().isoformat()
            return value.isoformat(" ", "milliseconds")
        case date() | time():
            return value.isoformat()
        case _:
            return value


def _number(value: object) -> Value | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else float(value)
    return value if isinstance(value, Decimal) else None


def _text(value: object) -> Value | None:
    if isinstance(value, str):
        return None if "\0" in value else value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _boolean(value: object) -> Value | None:
    if isinstance(value, str):
        return {"true": True, "false": False, "yes": True, "no": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _date(value: object) -> Value | None:
    moment = _datetime(value)
    if isinstance(moment, datetime):
        return moment.date() if moment.time() == time() else None
    return moment


def _datetime(value: object) -> Value | None:
    """A date stays a date: on a column with times it means the whole day."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value if isinstance(value, date) else None


def _parsed(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _time(value: object) -> Value | None:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value.strip()).replace(tzinfo=None)
        except ValueError:
            return None
    return None


_CHECKS: dict[str, Any] = {
    "integer": _number,
    "decimal": _number,
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
}
_HINTS = {
    "integer": "Write a number such as 12.",
    "decimal": "Write a number such as 12.5.",
    "number": "Write a number such as 12.5.",
    "text": "Write it as text, in quotes.",
    "boolean": "Use true or false.",
    "date": "Write a date such as 2024-01-31.",
    "datetime": "Write a date such as 2024-01-31, or 2024-01-31T14:30:00.",
    "time": "Write a time such as 14:30.",
}
