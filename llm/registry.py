"""What other apps tell this one: which of their things use a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from llm.models import Provider


@dataclass(frozen=True, slots=True)
class Use:
    """Something of an organisation that names a model: said before the model is deleted.

    ``kind`` groups ("Conversation"); ``url`` may be "" where there is no page for the reader.
    """

    kind: str
    label: str
    url: str = ""


FindUses = Callable[[Any, Provider, str], Iterable[Use]]
"""``find(user, provider, model)``: what this user may see of what uses the model."""

CountUses = Callable[[Any], Mapping[str, str]]
"""``count(user)``: how many of the user's things name each model, in words ("3 conversations"), by
the model's name as it is stored: "llama3.2", or "3/llama3.2" for that of provider 3. One query,
whatever their number."""

_finders: list[FindUses] = []
_counts: list[CountUses] = []


def register_uses(find: FindUses, count: CountUses | None = None) -> None:
    """In ``AppConfig.ready()``. With ``count``, people are warned of models that are named but not
    there."""
    if find not in _finders:
        _finders.append(find)
    if count is not None and count not in _counts:
        _counts.append(count)


def named_models(user: Any) -> dict[str, list[str]]:
    """What of this user's names each model, over all apps: "3 conversations", "1 schedule"."""
    named: dict[str, list[str]] = {}
    for count in _counts:
        for model, words in count(user).items():
            named.setdefault(model, []).append(words)
    return named


def uses_of(user: Any, provider: Provider, model: str) -> list[Use]:
    return [use for find in _finders for use in find(user, provider, model)]
