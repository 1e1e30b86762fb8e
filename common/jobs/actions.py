"""Submit a job, ask for its end."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from common import clock, trace
from common.jobs import dispatch, registry, settlement
from common.jobs.models import Job, JobStatus

_RACES = 5


def submit(
    kind: str,
    *,
    payload: dict[str, Any] | None = None,
    organization: Any = None,
    user: Any = None,
    subject: str = "",
    dedupe_key: str = "",
    run_after: datetime | None = None,
) -> Job:
    """Queue a job and dispatch it when the surrounding transaction has committed.

    While one of the same kind and ``dedupe_key`` is queued or running, that one is returned. The
    key is shared by all organisations, so it names ids (``"upload:<uuid>"``), never titles.
    """
    for _attempt in range(_RACES):
        if dedupe_key and (active := _active(kind, dedupe_key)):
            return active
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    kind=kind,
                    payload=payload or {},
                    organization=organization,
                    user=user,
                    subject=subject,
                    dedupe_key=dedupe_key,
                    run_after=run_after,
                    max_attempts=registry.get(kind).max_attempts,
                    trace_id=trace.trace_id(),
                )
        except IntegrityError:
            if not dedupe_key:
                raise
            continue
        transaction.on_commit(partial(dispatch.send, job))
        return job
    raise RuntimeError(f"The job {kind} could not be queued: {dedupe_key} changes too quickly.")


def cancel(job: Job) -> bool:
    """A queued job is cancelled at once; a running one is asked to stop. False if it has ended."""
    if settlement.cancel_queued(job, _cancelled()):
        return True
    running = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING)
    if running.update(cancel_requested_at=clock.now()):
        job.refresh_from_db()
        settlement.announce(job)
        return True
    # It may have gone back into the queue between the two attempts.
    return settlement.cancel_queued(job, _cancelled())


def _active(kind: str, dedupe_key: str) -> Job | None:
    return Job.objects.active().filter(kind=kind, dedupe_key=dedupe_key).first()


def _cancelled() -> dict[str, Any]:
    return settlement.error(_("This was cancelled before it started."), code="CANCELLED")
