"""What a model is asked for, and how long each may take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    CHAT = "chat"
    EXTRACT = "extract"
    TITLE = "title"
    SUMMARY = "summary"
    SQL = "sql"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds. ``total`` holds queueing, loading, retries and fallbacks; ``first_token`` what may
    pass until the model says anything (it may be loading)."""

    total: float
    first_token: float = 60.0
    connect: float = 2.0


IDEMPOTENT = frozenset({Purpose.EXTRACT, Purpose.TITLE, Purpose.EMBED})
"""Asked again after a passing failure; everything else is asked once."""
