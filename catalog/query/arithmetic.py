"""Computed columns as SQL: the formula's fields are replaced by what they stand for."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from catalog.query.dialects import ratio, rounded
from catalog.query.errors import QueryError
from catalog.query.expression import Call, Field, Negation, Node, Number, Operation
from catalog.query.result import ColumnType
from catalog.query.scope import NUMBERS, TYPE_WORDS

MAX_SIZE = 150
_CONSTANTS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_WIDTH = {"integer": 0, "decimal": 1, "number": 2}


@dataclass(frozen=True, slots=True)
class Operand:
    """A field a formula can use. ``scale`` is known for decimals only; ``size`` is how much SQL
    it stands for, as computed columns can refer to computed columns."""

    sql: ColumnElement[Any]
    type: ColumnType
    label: str
    masked: bool = False
    scale: int | None = None
    size: int = 1


def evaluate(node: Node, fields: Mapping[str, Operand]) -> Operand:
    """``node`` over ``fields``; ``QueryError`` for unknown, hidden and non-numeric fields."""
    operand = _evaluated(node, fields)
    if operand.size > MAX_SIZE:
        raise QueryError("This formula is too long.", "Compute less in one column.")
    return operand


def _evaluated(node: Node, fields: Mapping[str, Operand]) -> Operand:
    match _folded(node):
        case Number(value):
            whole = value == value.to_integral_value()
            text = format(value, "f")
            return Operand(sa.literal_column(text), "integer" if whole else "number", text)
        case Field(key):
            return _field(key, fields)
        case Negation(operand):
            inner = evaluate(operand, fields)
            sql = sa.literal_column("0").op("-")(inner.sql.self_group())
            return replace(inner, sql=_grouped(sql), size=inner.size + 1)
        case Operation(sign, left, right):
            return _operation(sign, evaluate(left, fields), evaluate(right, fields))
        case Call(function, arguments):
            return _call(function, [evaluate(argument, fields) for argument in arguments])


def _folded(node: Node) -> Node:
    """Constants computed here: engines overflow on ``100000 * 100000``."""
    match node:
        case Operation("+" | "-" | "*" as sign, left, right):
            first, second = _folded(left), _folded(right)
            if isinstance(first, Number) and isinstance(second, Number):
                value = _CONSTANTS[sign](first.value, second.value)
                if value >= 0:
                    return Number(value)
            return Operation(sign, first, second)
        case _:
            return node


def _field(key: str, fields: Mapping[str, Operand]) -> Operand:
    if key not in fields:
        known = ", ".join(fields) or "none yet"
        raise QueryError(f"There is no field “{key}” to compute with.", f"Fields here: {known}.")
    operand = fields[key]
    if operand.masked:
        raise QueryError(f"“{operand.label}” is hidden from you, so nothing can be computed of it.")
    if operand.type not in NUMBERS:
        raise QueryError(
            f"“{operand.label}” ({key}) holds {TYPE_WORDS[operand.type]}, not numbers.",
            "A formula computes with numbers only.",
        )
    return operand


def _operation(sign: str, left: Operand, right: Operand) -> Operand:
    size = left.size + right.size + 1
    if sign == "/":
        return Operand(_grouped(ratio(left.sql, right.sql)), "number", "", size=size)
    sql = left.sql.self_group().op(sign)(right.sql.self_group())
    scale = _scale(sign, left, right)
    return Operand(_grouped(sql), _wider(left, right), "", scale=scale, size=size)


def _call(function: str, arguments: list[Operand]) -> Operand:
    first = arguments[0]
    parts = [argument.sql for argument in arguments]
    if function == "round":
        return _round(arguments)
    sql = getattr(sa.func, function)(*parts)
    kind = first.type if function != "coalesce" else _wider(*arguments)
    scale = max(argument.scale or 0 for argument in arguments) or None
    return Operand(sql, kind, "", scale=scale, size=_size(arguments))


def _round(arguments: list[Operand]) -> Operand:
    first = arguments[0]
    digits = _digits(arguments[1]) if len(arguments) == 2 else 0
    sql = rounded(first.sql, sa.literal_column(str(digits)))
    scale = digits if first.type == "decimal" else None
    return Operand(sql, first.type, "", scale=scale, size=_size(arguments))


def _size(arguments: list[Operand]) -> int:
    return 1 + sum(argument.size for argument in arguments)


def _digits(operand: Operand) -> int:
    text = str(operand.sql)
    if operand.type != "integer" or not text.isdigit() or int(text) > 10:
        raise QueryError("round takes a number of places from 0 to 10.", "round(m1 / m2, 2)")
    return int(text)


def _wider(*operands: Operand) -> ColumnType:
    return max((operand.type for operand in operands), key=lambda kind: _WIDTH[kind])


def _scale(sign: str, left: Operand, right: Operand) -> int | None:
    if left.scale is None and right.scale is None:
        return None
    first, second = left.scale or 0, right.scale or 0
    return first + second if sign == "*" else max(first, second)


def _grouped(sql: ColumnElement[Any]) -> ColumnElement[Any]:
    """In parentheses, so that the formula's own grouping survives the compiler's."""
    return sa.sql.elements.Grouping(sql)
