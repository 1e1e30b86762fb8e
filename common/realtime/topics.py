"""Topics and who may follow them. ``prefix:id``; each prefix brings its own question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Authorise = Callable[[Any, str], bool]

_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,29}")
_TOPIC = re.compile(rf"({_PREFIX.pattern}):([A-Za-z0-9-]{{1,60}})")
_topics: dict[str, Authorise] = {}


def register_topic(prefix: str, authorise: Authorise) -> None:
    """``authorise(user, id)`` asks the database whether this active user may follow the topic."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix of a topic.")
    _topics[prefix] = authorise


def may_follow(user: Any, topic: str) -> bool:
    match = _TOPIC.fullmatch(topic)
    authorise = _topics.get(match[1]) if match else None
    if match is None or authorise is None or not (user.is_authenticated and user.is_active):
        return False
    return bool(authorise(user, match[2]))


def group_of(topic: str) -> str:
    """The channel layer's name for a topic (letters, digits, hyphen, full stop)."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise ValueError(f"{topic!r} is no topic.")
    return f"live.{match[1]}.{match[2]}"


def group_of_user(user_id: Any) -> str:
    return f"live-user.{user_id}"
