"""What things are called: entities, operations and lists of words in sentences for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.plan.model import Entity, Operation


@dataclass(frozen=True, slots=True)
class Noun:
    one: str
    a: str
    many: str
    icon: str


ENTITY_NOUN: dict[Entity, Noun] = {
    Entity.DATA_SOURCE: Noun("data source", "a data source", "data sources", "database"),
    Entity.REPORT: Noun("report", "a report", "reports", "chart-bar"),
    Entity.DASHBOARD: Noun("dashboard", "a dashboard", "dashboards", "layout-dashboard"),
    Entity.SCHEDULE: Noun("schedule", "a schedule", "schedules", "calendar-time"),
    Entity.ALL: Noun("item", "an item", "all items", "list"),
}
OPERATION_VERB: dict[Operation, str] = {
    Operation.CREATE: "Create",
    Operation.UPDATE: "Change",
    Operation.DELETE: "Delete",
    Operation.LIST: "List",
    Operation.RESTORE: "Restore",
}


def join_words(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def shorten(text: str, size: int = 120) -> str:
    """One line for a list; what is cut off is marked."""
    line = " ".join(text.split())
    return line if len(line) <= size else line[: size - 1].rstrip() + "…"


def quoted(text: str, size: int = 120) -> str:
    return f"“{shorten(text, size)}”"
