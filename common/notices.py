"""Notices of the frame: one line under the top bar, until it is dismissed or no longer true.

What may be worth one is asked of the providers on every full page, so a provider answers from what
it has at hand. A provider that fails is left out: a notice is never worth a page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import structlog
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

log = structlog.get_logger(__name__)

Text = str | Promise
State = Literal["info", "warn", "bad"]

SESSION_KEY = "dismissed_notices"
MOST_DISMISSED = 50
_ORDER = ("bad", "warn", "info")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_SEEN = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Notice:
    """``key`` is kebab-case; ``action`` is the label of the link to ``url``. Dismissed notices come
    back with another text, so a text holds nothing that changes by the minute."""

    key: str
    state: State
    text: Text
    url: str = ""
    action: Text = ""


@dataclass(frozen=True)
class ShownNotice:
    """Ready to be drawn. ``seen`` stands for the text: only what was read is dismissed."""

    key: str
    state: str
    text: str
    url: str
    action: str
    seen: str
    dismissal_url: str


NoticeProvider = Callable[[HttpRequest], Notice | None]


def notices_for(request: HttpRequest, providers: Iterable[NoticeProvider]) -> list[ShownNotice]:
    """What is to be shown on this page, the worst first, one for each key."""
    dismissed = _dismissed(request)
    found: dict[str, ShownNotice] = {}
    for provider in providers:
        notice = _ask(provider, request)
        if notice and dismissed.get(notice.key) != notice.seen:
            found.setdefault(notice.key, notice)
    return sorted(found.values(), key=lambda notice: _ORDER.index(notice.state))


def dismiss(request: HttpRequest, key: str, seen: str) -> bool:
    """Show the notice no more in this session, as long as its text stays. False for nonsense."""
    if not (_KEY.fullmatch(key) and _SEEN.fullmatch(seen)):
        return False
    others = [(name, text) for name, text in _dismissed(request).items() if name != key]
    request.session[SESSION_KEY] = dict([*others, (key, seen)][-MOST_DISMISSED:])
    return True


def _ask(provider: NoticeProvider, request: HttpRequest) -> ShownNotice | None:
    try:
        notice = provider(request)
        return _resolve(notice) if notice else None
    except Exception:
        log.exception("a notice was left out", provider=getattr(provider, "__qualname__", "?"))
        return None


def _resolve(notice: Notice) -> ShownNotice:
    if not _KEY.fullmatch(notice.key) or notice.state not in _ORDER:
        raise ValueError(f"This is no notice: {notice.key!r}, {notice.state!r}.")
    text = str(notice.text)
    return ShownNotice(
        key=notice.key,
        state=notice.state,
        text=text,
        url=notice.url,
        action=str(notice.action),
        seen=hashlib.sha256(text.encode()).hexdigest()[:16],
        dismissal_url=_dismissal_url(notice.key),
    )


def _dismissal_url(key: str) -> str:
    try:
        return reverse("notice-dismissal", args=[key])
    except NoReverseMatch:
        return ""


def _dismissed(request: HttpRequest) -> dict[str, str]:
    session = getattr(request, "session", None)
    known = session.get(SESSION_KEY) if session is not None else None
    return known if isinstance(known, dict) else {}
