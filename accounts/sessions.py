"""The browsers in which a person is logged in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from accounts.models import User
from accounts.throttle import client_address
from common import clock

DEVICE = "device"
# Marks in a User-Agent header; the order matters, Chrome's also names Safari.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
_NOTE_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Device:
    """One logged-in browser. ``key`` names it in addresses: the session's own key is a secret."""

    key: str
    session: Session
    name: str
    address: str
    last_seen: datetime | None
    is_current: bool


def note_device(request: HttpRequest) -> None:
    """Remember browser and address in the session, again every five minutes."""
    known = request.session.get(DEVICE) or {}
    seen = _moment(known.get("seen"))
    if seen is not None and clock.now() - seen < _NOTE_EVERY:
        return
    request.session[DEVICE] = {
        "agent": request.headers.get("User-Agent", "")[:300],
        "address": client_address(request),
        "seen": clock.now().isoformat(),
    }


def devices_of(user: User, current_key: str | None) -> list[Device]:
    """The user's live sessions, this browser first. Sessions name their user only inside, so all
    live ones are read; they are as many as there are browsers logged in."""
    live = Session.objects.filter(expire_date__gt=clock.now()).order_by("-expire_date")
    devices = [
        _device(session, data, current_key)
        for session in live.iterator()
        if (data := session.get_decoded()).get(SESSION_KEY) == str(user.pk)
    ]
    return sorted(devices, key=lambda device: not device.is_current)


def device_key(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def browser_name(agent: str) -> str:
    """ "Firefox on Linux", as well as the User-Agent header lets one tell."""
    own = agent.split("/")[0][:40]
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), own)
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser


def _device(session: Session, data: dict[str, object], current_key: str | None) -> Device:
    noted = data.get(DEVICE)
    known = noted if isinstance(noted, dict) else {}
    return Device(
        key=device_key(session.session_key),
        session=session,
        name=browser_name(str(known.get("agent", ""))),
        address=str(known.get("address", "")),
        last_seen=_moment(known.get("seen")),
        is_current=session.session_key == current_key,
    )


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
