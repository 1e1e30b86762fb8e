"""How much of what a server says is believed and kept. Pure.

Servers are not trusted: their words end up on pages, in caches and in columns of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeVar

from llm.providers.base import ModelInfo, RunningModel
from llm.providers.failures import clean

_M = TypeVar("_M", ModelInfo, RunningModel)
MOST_MODELS = 1000
LONGEST_NAME = 200
LONGEST_WORD = 80
LONGEST_TEXT = 64 * 2**10
MOST_FACTS = 200
MOST_ABILITIES = 20
MOST_TOKENS = 2**31 - 1
LARGEST = 2**53 - 1
"""What pages can reckon with; 9 petabytes, if it is a size."""


def amount(value: Any) -> int | None:
    """A number that is not negative, or None; one beyond all reason is cut."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(min(value, LARGEST)) if value >= 0 else None


def word(text: str) -> str:
    """A short text fit for a line of a table."""
    return clean(text, LONGEST_WORD)


def long_text(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def is_name(name: str) -> bool:
    """Whether it can be asked for again: in addresses, forms and columns."""
    whole = name.isprintable() and "\ufffd" not in name and name == name.strip()
    return whole and 0 < len(name) <= LONGEST_NAME


def abilities(words: Iterable[Any]) -> frozenset[str]:
    known = [each for each in words if isinstance(each, str) and 0 < len(each) <= LONGEST_WORD]
    return frozenset(sorted(set(known))[:MOST_ABILITIES])


def plain_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What can be read at a glance; whole vocabularies may be in there."""
    plain = {
        word(key): word(value) if isinstance(value, str) else value
        for key, value in facts.items()
        if isinstance(value, str) or (isinstance(value, int | float) and abs(value) <= LARGEST)
    }
    return dict(list(plain.items())[:MOST_FACTS])


def usable(models: Iterable[_M]) -> list[_M]:
    """Those with a name that can be used, each once, in the server's order."""
    found: dict[str, _M] = {}
    for model in models:
        if is_name(model.name):
            found.setdefault(model.name, model)
        if len(found) == MOST_MODELS:
            break
    return list(found.values())
