"""What models are asked for, as pages say it."""

from __future__ import annotations

from collections.abc import Iterable

from llm.forms.settings.words import PURPOSES

NAMES = {str(purpose): words.name for purpose, words in PURPOSES.items()}


def purpose_name(purpose: str) -> str:
    """A purpose that is no longer known keeps its key."""
    return str(NAMES.get(purpose, purpose))


def purpose_names(purposes: Iterable[str]) -> str:
    return ", ".join(purpose_name(purpose) for purpose in purposes)
