"""The small language of computed columns: arithmetic over the fields of a result.

    (m1 - m2) / m2 * 100        round(coalesce(m1, 0), 2)        abs(d1)

Numbers, field keys (``d1``, ``m1``, ``c1``), ``+ - * /``, parentheses and four functions; there is
nothing else to say, so there is nothing else to guard against. Read by a Pratt parser into a tree
of ``Number``, ``Field``, ``Negation``, ``Operation`` and ``Call``. Dividing by zero gives an empty
cell (see ``catalog.query.arithmetic``, which turns the tree into SQL).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from catalog.query.errors import QueryError

FUNCTIONS: dict[str, tuple[int, int]] = {  # name: least and most arguments
    "round": (1, 2),
    "abs": (1, 1),
    "coalesce": (2, 8),
    "nullif": (2, 2),
}
MAX_DEPTH = 40
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)(?![\w.])|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/(),]))"
)
_BINDING = {"+": 10, "-": 10, "*": 20, "/": 20}
_UNARY = 30


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Field:
    key: str


@dataclass(frozen=True, slots=True)
class Negation:
    operand: Node


@dataclass(frozen=True, slots=True)
class Operation:
    sign: Literal["+", "-", "*", "/"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


Node = Number | Field | Negation | Operation | Call


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(text: str) -> Node:
    """The tree of ``text``; ``QueryError`` naming the place where it stops making sense."""
    parser = _Parser(list(_tokens(text)))
    node = parser.expression(0)
    parser.expect_end()
    return node


def fields(node: Node) -> set[str]:
    """The field keys ``node`` refers to."""
    match node:
        case Field(key):
            return {key}
        case Negation(operand):
            return fields(operand)
        case Operation(_, left, right):
            return fields(left) | fields(right)
        case Call(_, arguments):
            return set().union(*(fields(argument) for argument in arguments))
        case _:
            return set()


def to_text(node: Node) -> str:
    """The canonical text of ``node``: ``parse(to_text(node)) == node``."""
    match node:
        case Number(value):
            return format(value, "f")
        case Field(key):
            return key
        case Negation(operand):
            return f"-{_wrapped(operand)}"
        case Operation(sign, left, right):
            return f"{_wrapped(left)} {sign} {_wrapped(right)}"
        case Call(function, arguments):
            return f"{function}({', '.join(to_text(argument) for argument in arguments)})"


def _wrapped(node: Node) -> str:
    text = to_text(node)
    return f"({text})" if isinstance(node, Operation | Negation) else text


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise QueryError(
                f"“{text[start]}” at position {start + 1} is not something a formula can hold.",
                "Use numbers, fields such as m1, the signs + - * / and parentheses.",
            )
        kind = match.lastgroup or ""
        yield _Token(kind, match.group(kind), match.start(kind) + 1)
        position = match.end()
    yield _Token("end", "", end + 1)


class _Parser:
    """Pratt: each sign has a binding power; a loop takes what binds tighter than the caller."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def expression(self, power: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError("This formula is nested too deeply.", "Split it into several columns.")
        left = self._prefix()
        while (sign := self._peek().text) in _BINDING and _BINDING[sign] > power:
            self._next()
            left = Operation(sign, left, self.expression(_BINDING[sign]))  # type: ignore[arg-type]
        self.depth -= 1
        return left

    def expect_end(self) -> None:
        token = self._peek()
        if token.kind != "end":
            raise _unexpected(token)

    def _prefix(self) -> Node:
        token = self._next()
        if token.kind == "number":
            return Number(Decimal(token.text))
        if token.kind == "name":
            return self._call(token) if self._peek().text == "(" else Field(token.text)
        if token.text == "-":
            return Negation(self.expression(_UNARY))
        if token.text == "+":
            return self.expression(_UNARY)
        if token.text == "(":
            node = self.expression(0)
            self._expect(")")
            return node
        raise _unexpected(token)

    def _call(self, name: _Token) -> Node:
        function = name.text.lower()
        if function not in FUNCTIONS:
            raise QueryError(
                f"“{name.text}” is not a function I know.", f"Use {', '.join(FUNCTIONS)}."
            )
        self._expect("(")
        arguments = [self.expression(0)]
        while self._peek().text == ",":
            self._next()
            arguments.append(self.expression(0))
        self._expect(")")
        least, most = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise QueryError(f"{function} takes {wanted} values, not {len(arguments)}.")
        return Call(function, tuple(arguments))

    def _peek(self) -> _Token:
        return self.tokens[self.position]

    def _next(self) -> _Token:
        token = self.tokens[self.position]
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            raise _unexpected(token, f"“{text}” was expected here.")


def _unexpected(token: _Token, hint: str = "") -> QueryError:
    if token.kind == "end":
        return QueryError("The formula stops in the middle.", hint or "Something is missing.")
    return QueryError(f"“{token.text}” at position {token.position} does not fit here.", hint)
