"""What time does to sessions: plans expire, files of abandoned ones go."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F

from common import clock
from common.realtime import publish
from wizard.dialogue.transitions import Event, Status, advance
from wizard.executor import steps
from wizard.executor.failure import compensate, discard
from wizard.models import WizardSession

ENDED = (Status.CANCELLED, Status.FAILED, Status.COMPLETED, Status.UNDONE)
WAITING = (Status.COLLECTING, Status.CONFIRMING, Status.EXPIRED, Status.STALE)


def expire_sessions() -> int:
    """Plans that were not confirmed in time. Returns how many."""
    return sum(expire(session) for session in WizardSession.objects.unconfirmed_too_long())


def expire(session: WizardSession) -> bool:
    status = advance(Status.CONFIRMING, Event.EXPIRE)
    rows = WizardSession.objects.unconfirmed_too_long().filter(pk=session.pk)
    changed = rows.update(status=status, version=F("version") + 1, updated_at=clock.now())
    if changed:
        publish(steps.topic(session.pk), "session-changed", {"status": status.value})
    return bool(changed)


def discard_abandoned() -> int:
    """Prepared files of sessions that ended, or that nobody came back to for as long as uploads
    are kept. Returns how many sessions there were."""
    holding = WizardSession.objects.exclude(prepared={})
    ended = list(holding.filter(status__in=ENDED))
    limit = clock.now() - timedelta(hours=settings.UPLOAD_HOURS)
    forgotten = list(holding.filter(status__in=WAITING, updated_at__lt=limit))
    for session in ended:
        compensate(session.pk)
    for session in forgotten:
        discard(session)
    return len(ended) + len(forgotten)
