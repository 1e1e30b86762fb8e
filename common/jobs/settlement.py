"""Final and intermediate states of a job: fenced, announced, with the compensation of its kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from common import clock, realtime, trace
from common.jobs import dispatch, registry
from common.jobs.models import Job, JobQuerySet, JobStatus
from common.jobs.schemas import progress_json

log = structlog.get_logger(__name__)


def error(message: str, *, code: str, trace_id: str = "") -> dict[str, Any]:
    """What people are told: a sentence, a code, the trace id."""
    return {"message": message, "code": code, "trace_id": trace_id or trace.trace_id()}


def lease_end() -> Any:
    return clock.now() + timedelta(seconds=settings.JOB_LEASE)


def fail(job: Job, owner: str, reason: dict[str, Any]) -> bool:
    return _end(job, Job.objects.held_by(owner), JobStatus.FAILED, reason)


def cancel_running(job: Job, owner: str) -> bool:
    reason = error(_("This was cancelled."), code="CANCELLED", trace_id=job.trace_id)
    return _end(job, Job.objects.held_by(owner), JobStatus.CANCELLED, reason)


def cancel_queued(job: Job, reason: dict[str, Any]) -> bool:
    rows = Job.objects.filter(status=JobStatus.QUEUED)
    return _end(job, rows, JobStatus.CANCELLED, reason, cancel_requested_at=clock.now())


def requeue(
    job: Job, rows: JobQuerySet, *, seconds: float = 0.0, refund_attempt: bool = False
) -> bool:
    """Back into the queue; ``rows`` carries the fence."""
    later = clock.now() + timedelta(seconds=seconds) if seconds else None
    changes: dict[str, Any] = {"run_after": later, "dispatched_at": None}
    if refund_attempt:
        changes["attempt"] = F("attempt") - 1
    with transaction.atomic():
        changed = rows.filter(pk=job.pk).update(
            status=JobStatus.QUEUED, owner="", lease_until=None, **changes
        )
        if not changed:
            return False
        job.refresh_from_db()
        announce(job)
        transaction.on_commit(lambda: dispatch.send(job))
    return True


def reap() -> int:
    """Take up, or fail, what a dead process left behind. Any process, any number of times."""
    expired = list(Job.objects.expired().order_by("lease_until")[:100])
    return sum(_reap_one(job) for job in expired)


def _reap_one(job: Job) -> bool:
    rows = Job.objects.expired().filter(owner=job.owner, attempt=job.attempt)
    if job.cancel_requested_at:
        reason = error(_("This was cancelled."), code="CANCELLED", trace_id=job.trace_id)
        return _end(job, rows, JobStatus.CANCELLED, reason)
    if job.attempt < job.max_attempts:
        log.warning("job taken up again", job=str(job.pk), kind=job.kind, owner=job.owner)
        return requeue(job, rows)
    sentence = (
        _("The process that ran this stopped, and it is not safe to repeat it by itself.")
        if job.max_attempts == 1
        else _("The process that ran this stopped %(count)d times.") % {"count": job.attempt}
    )
    log.error("job abandoned", job=str(job.pk), kind=job.kind, owner=job.owner)
    reason = error(sentence, code="JOB_ABANDONED", trace_id=job.trace_id)
    return _end(job, rows, JobStatus.FAILED, reason)


def _end(
    job: Job, rows: JobQuerySet, status: JobStatus, reason: dict[str, Any], **changes: Any
) -> bool:
    with transaction.atomic():
        changed = rows.filter(pk=job.pk).update(
            status=status,
            error=reason,
            owner="",
            lease_until=None,
            finished_at=clock.now(),
            **changes,
        )
        if not changed:
            return False
        job.refresh_from_db()
        _compensate(job, reason)
        announce(job)
    return True


def _compensate(job: Job, reason: dict[str, Any]) -> None:
    """Run the kind's ``on_failure``. Its own error must not keep the job from ending."""
    kind = registry.find(job.kind)
    if kind is None or kind.on_failure is None:
        return
    try:
        with transaction.atomic():
            kind.on_failure(job, reason)
    except Exception:
        log.exception("compensation failed", job=str(job.pk), kind=job.kind)


def announce(job: Job) -> None:
    """Tell the job's topic where it stands, once this is committed."""
    event = "progressed" if job.is_active else "ended"
    realtime.publish(job.topic, event, progress_json(job))
