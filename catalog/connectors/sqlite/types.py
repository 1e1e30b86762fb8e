"""SQLite's declared types promise nothing: dates are texts, decimals are floating point. The
declaration is a hint, a sample of the values decides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from catalog.connectors.base import BaseType
from catalog.connectors.cells import text_kind, type_of

_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC|MONEY)\s*(?:\(\s*\d+\s*(?:,\s*(\d+)\s*)?\))?", re.I)


@dataclass(frozen=True, slots=True)
class Declared:
    name: str
    type: str
    required: bool = False
    key: bool = False


def actual_type(declared: str, values: Sequence[Any]) -> tuple[BaseType, int | None]:
    """Type and, for exact decimals, the places after the point. ``values`` without NULLs."""
    word = declared.upper()
    if not values:
        return _promised(word), _scale(word)
    found = type_of(values)
    if found in ("integer", "number"):
        return _of_numbers(word, found, values)
    if found == "text" and "TIME" in word and all(_is_time(value) for value in values):
        return "time", None
    return found, None


def _of_numbers(word: str, found: BaseType, values: Sequence[Any]) -> tuple[BaseType, int | None]:
    if "BOOL" in word and set(values) <= {0, 1}:
        return "boolean", None
    scale = _scale(word)
    if scale:
        return "decimal", scale
    if found == "integer" and not any(name in word for name in ("REAL", "FLOA", "DOUB")):
        return "integer", None
    return "number", None


def _scale(word: str) -> int | None:
    match = _DECIMAL.search(word)
    return int(match[1]) if match and match[1] and int(match[1]) else None


def _promised(word: str) -> BaseType:
    """For a table without rows."""
    if "BOOL" in word:
        return "boolean"
    if "DATETIME" in word or "TIMESTAMP" in word:
        return "datetime"
    if "DATE" in word:
        return "date"
    if "INT" in word:
        return "integer"
    if _scale(word):
        return "decimal"
    if any(name in word for name in ("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL", "MONEY")):
        return "number"
    return "text"


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or text_kind(value) != "text":
        return False
    try:
        time.fromisoformat(value)
    except ValueError:
        return False
    return True
