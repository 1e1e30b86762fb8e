"""After a failure: the session says so, and what was prepared is taken back in reverse order."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from common import clock
from common.jobs import cancel
from common.jobs.models import Job
from common.realtime import publish
from wizard.dialogue.transitions import Event, Status, advance
from wizard.executor import steps
from wizard.executor.prepare import Entry, undo
from wizard.models import WizardSession

log = structlog.get_logger(__name__)


def execution_failed(job: Job, error: dict[str, Any]) -> None:
    """The job of an execution ended otherwise than well: failed, cancelled, or its workers were
    killed once too often. Within the transaction that ends the job."""
    rows = WizardSession.objects.filter(job=job.pk, status=Status.EXECUTING)
    session = rows.first()
    if session is None:
        return
    steps.settle(session)
    rows.update(
        status=advance(Status.EXECUTING, Event.FAIL),
        error=error["message"],
        result=steps.result_of(session),
        version=F("version") + 1,
        updated_at=clock.now(),
    )
    publish(steps.topic(session.pk), "session-changed", {"status": Status.FAILED.value})
    transaction.on_commit(lambda: compensate(session.pk))


def compensate(session_id: Any) -> None:
    """Undo what a failed session prepared. What cannot be undone is written down, never hidden,
    and stays noted for the next attempt of the clean-up."""
    session = WizardSession.objects.filter(pk=session_id).exclude(status=Status.EXECUTING).first()
    if session is None or not session.prepared:
        return
    left = {step: entry for step, entry in _reversed(session) if not _undone(session, step, entry)}
    WizardSession.objects.filter(pk=session_id, plan_sha256=session.plan_sha256).exclude(
        status=Status.EXECUTING
    ).update(prepared=left)
    session.refresh_from_db()
    if left and session.status == Status.FAILED:
        WizardSession.objects.filter(pk=session_id).update(result=steps.result_of(session))


def discard(session: WizardSession) -> None:
    """The session's plan will never be executed: its job ends, its prepared files go."""
    with transaction.atomic():
        rows = WizardSession.objects.filter(pk=session.pk).exclude(status=Status.EXECUTING)
        fresh = rows.select_for_update().first()
        if fresh is None:
            return
        rows.update(prepared={}, job=None)
        if fresh.job and (job := Job.objects.active().filter(pk=fresh.job).first()):
            cancel(job)
        entries = [entry for _step, entry in _reversed(fresh)]
        transaction.on_commit(lambda: _undo_all(entries))
    session.prepared, session.job = {}, None


def _undo_all(entries: list[Entry]) -> None:
    for entry in entries:
        try:
            undo(entry)
        except Exception:
            log.exception("something prepared could not be undone", entry=entry)


def _reversed(session: WizardSession) -> list[tuple[str, Entry]]:
    order = {row.step: row.position for row in steps.current(session)}
    return sorted(session.prepared.items(), key=lambda pair: order.get(pair[0], 0), reverse=True)


def _undone(session: WizardSession, step: str, entry: Entry) -> bool:
    try:
        undo(entry)
    except Exception as error:
        log.exception("a compensation failed", session=str(session.pk), step=step)
        message = _("What was prepared could not be taken back: %(why)s") % {"why": error}
        steps.current(session).filter(step=step).update(needs_attention=message)
        return False
    steps.current(session).filter(step=step).update(needs_attention="")
    return True
