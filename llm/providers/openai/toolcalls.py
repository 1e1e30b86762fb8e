"""Tool calls, which come in pieces: each piece says to which call it belongs."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from llm.providers.base import ToolCall
from llm.providers.decoding import without_halves
from llm.providers.errors import NotUnderstood
from llm.providers.openai.fields import a_count, a_list, a_text, an_object


@dataclass
class _Partial:
    index: int
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    whole: dict[str, Any] | None = None
    """Arguments that came as an object, which some servers send."""


class ToolCallAssembler:
    """``add`` what a delta or a message holds; ``finished`` gives the calls in order.

    A piece belongs to the call of its ``index``. Some servers give every call the index 0, or none
    at all; then a name with an id of its own begins a call, and what has neither goes on with it.
    """

    def __init__(self) -> None:
        self._calls: list[_Partial] = []

    def add(self, pieces: Any) -> None:
        for piece in a_list(pieces):
            self._add(an_object(piece))

    def finished(self) -> list[ToolCall]:
        return [_call(partial) for partial in sorted(self._calls, key=lambda call: call.index)]

    def _add(self, piece: dict[str, Any]) -> None:
        function = an_object(piece.get("function"))
        named, name = a_text(piece.get("id")), a_text(function.get("name"))
        partial = self._begun(a_count(piece.get("index")), named, name)
        partial.id = partial.id or named
        partial.name = partial.name or name
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            partial.whole = arguments
        else:
            partial.arguments.append(a_text(arguments))

    def _begun(self, index: int | None, named: str, name: str) -> _Partial:
        """The call a piece goes on with, else a new one."""
        for partial in reversed(self._calls):
            if named and partial.id == named:
                return partial
            if index in (None, partial.index) and not _is_another(partial, index, named, name):
                return partial
        self._calls.append(_Partial(len(self._calls) if index is None else index))
        return self._calls[-1]


def _is_another(partial: _Partial, index: int | None, named: str, name: str) -> bool:
    """Whether a piece that could go on with ``partial`` begins a call of its own."""
    if index is None:
        return bool(named or name)
    return bool(named and name and partial.id and partial.name and partial.id != named)


def _call(partial: _Partial) -> ToolCall:
    if not partial.name:
        raise NotUnderstood("The model server sent a tool call without a name.")
    arguments = partial.whole if partial.whole is not None else _arguments(partial)
    return ToolCall(partial.id or f"call_{secrets.token_hex(4)}", partial.name, arguments)


def _arguments(partial: _Partial) -> dict[str, Any]:
    text = "".join(partial.arguments).strip()
    try:
        arguments = without_halves(json.loads(text), text) if text else {}
    except (ValueError, RecursionError) as error:
        raise _broken(partial, text) from error
    if not isinstance(arguments, dict):
        raise _broken(partial, text)
    return arguments


def _broken(partial: _Partial, text: str) -> NotUnderstood:
    sentence = f"The model called the tool “{partial.name[:60]}” with arguments that are no JSON."
    return NotUnderstood(sentence, detail=text)
