"""From bytes to lines, and from a line to a JSON object, whatever a server sends. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from llm.providers.errors import NotUnderstood
from llm.providers.failures import clean

LONGEST_LINE = 8 * 2**20
HALF = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
"""The escape of a surrogate (two of them are a character, one alone is none) or of NUL."""


class LineSplitter:
    """Bytes in, whole lines of text out. Split as bytes, so that a character cut in two comes
    together again; what is no UTF-8 becomes U+FFFD. ``NotUnderstood`` for a line without end."""

    def __init__(self, limit: int = LONGEST_LINE) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, piece: bytes) -> list[str]:
        self._rest += piece
        lines: list[bytes] = []
        if b"\n" in piece:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
        if any(len(line) > self._limit for line in (*lines, self._rest)):
            raise NotUnderstood(f"The model server sent a line of more than {self._limit} bytes.")
        return [_decoded(line) for line in lines]

    def flush(self) -> list[str]:
        rest, self._rest = bytes(self._rest), bytearray()
        return [_decoded(rest)] if rest else []


def _decoded(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")


def decode_object(text: str, server: str = "a model server") -> dict[str, Any]:
    """A JSON object, else ``NotUnderstood``: other JSON, nested without end, NaN."""
    try:
        data = json.loads(text, parse_constant=_no_constant)
        data = without_halves(data, text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(
            f"This address answers, but not as {server} does.", detail=f"no JSON: {clean(text, 80)}"
        ) from error
    if not isinstance(data, dict):
        raise NotUnderstood(
            f"This address answers, but not as {server} does.", detail="JSON, but no object"
        )
    return data


def without_halves(value: Any, text: str) -> Any:
    """What was read from ``text``. The half of a character and NUL, which JSON can write but pages
    or databases cannot take, become U+FFFD."""
    return _whole(value) if HALF.search(text) else value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
