"""Reading JSON that may hold anything: each gives what was asked for, or nothing."""

from __future__ import annotations

from typing import Any

from llm.providers.bounds import amount


def an_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def a_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def a_text(value: Any) -> str:
    """A text, or the texts of content parts put together."""
    if isinstance(value, list):
        return "".join(a_text(an_object(part).get("text")) for part in value)
    return value if isinstance(value, str) else ""


def a_count(value: Any) -> int | None:
    return amount(value) if isinstance(value, int) else None
