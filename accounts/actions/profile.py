"""What people change about themselves."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts import audit
from accounts.models import User
from common.realtime import recheck_user


@transaction.atomic
def save_profile(*, actor: User, name: str, time_zone: str) -> User:
    changes = {"name": [actor.name, name.strip()], "time_zone": [actor.time_zone, time_zone]}
    actor.name = name.strip()
    actor.settings = {**actor.settings, "time_zone": time_zone}
    actor.save(update_fields=["name", "settings"])
    changed = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
    if changed:
        audit.record("user.profile-changed", actor=actor, target=actor, changes=changed)
    return actor


def save_appearance(*, actor: User, theme: str | None = None, density: str | None = None) -> User:
    """The look of the pages. A matter of taste, so it leaves no audit entry."""
    chosen = {"theme": theme, "density": density}
    actor.settings = actor.settings | {key: value for key, value in chosen.items() if value}
    actor.save(update_fields=["settings"])
    return actor


@transaction.atomic
def change_password(*, actor: User, password: str) -> User:
    actor.set_password(password)
    actor.save(update_fields=["password"])
    audit.record("user.password-changed", actor=actor, target=actor)
    recheck_user(actor.pk)
    return actor


@transaction.atomic
def end_session(*, actor: User, session: Session) -> None:
    """Log one of the actor's browsers out."""
    engine = import_module(settings.SESSION_ENGINE)
    engine.SessionStore(session.session_key).delete()
    audit.record("user.session-ended", actor=actor, target=actor)
    recheck_user(actor.pk)
