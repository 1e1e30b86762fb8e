"""Claim a job and run it. Carriers (threads, RQ, tests) call this and nothing else."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.models import Count, F
from django.utils.translation import gettext as _

from common import clock, trace
from common.http.codes import CODES
from common.http.problems import Problem
from common.jobs import registry, settlement
from common.jobs.context import JobContext
from common.jobs.errors import JobCancelled, JobFailed, JobInterrupted, JobRetry, LeaseLost
from common.jobs.models import Job, JobStatus
from common.jobs.registry import Lane

log = structlog.get_logger(__name__)
DATABASE_PAUSE = 5.0


def claim(job_id: Any, *, lane: Lane | None = None) -> Job | None:
    """Make the job ours by one conditional UPDATE; None if somebody else was quicker, or if it is
    not for this lane."""
    owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(6)}"
    claimed = (
        Job.objects.runnable()
        .in_lane(lane)
        .filter(pk=job_id)
        .update(
            status=JobStatus.RUNNING,
            owner=owner,
            attempt=F("attempt") + 1,
            lease_until=settlement.lease_end(),
            started_at=clock.now(),
        )
    )
    return Job.objects.filter(pk=job_id, owner=owner).first() if claimed else None


def claim_next(lane: Lane | None = None) -> Job | None:
    """The oldest job that may run now, of one lane or of all.

    Of the places for transfers, which may be held for hours, an organisation leaves one to others.
    """
    waiting = Job.objects.runnable().in_lane(lane).order_by("created_at")
    if lane == "transfer":
        waiting = waiting.exclude(organization__in=_holding_their_share())
    for job_id in waiting.values_list("pk", flat=True)[:10]:
        if job := claim(job_id, lane=lane):
            return job
    return None


def _holding_their_share() -> list[int]:
    running = Job.objects.filter(status=JobStatus.RUNNING, organization__isnull=False)
    counts = running.in_lane("transfer").values("organization").annotate(count=Count("pk"))
    share = max(1, settings.JOB_TRANSFERS - 1)
    found = counts.filter(count__gte=share).order_by()
    return list(found.values_list("organization", flat=True))


def run(job_id: Any, *, lane: Lane | None = None) -> bool:
    """Claim and run; False for a duplicate delivery, a cancelled job, one of another lane."""
    if job := claim(job_id, lane=lane):
        execute(job)
        return True
    return False


def run_pending(*, limit: int = 1000) -> int:
    """Run what is queued here and now, in this thread: for tests and commands. How many ran."""
    for count in range(limit):
        job = claim_next()
        if job is None:
            return count
        execute(job, heartbeat=False)
    return limit


def execute(job: Job, *, heartbeat: bool = True, stopping: threading.Event | None = None) -> None:
    """Run a claimed job to its end. Nothing escapes but what the database refuses."""
    ctx = JobContext(job, stopping=stopping)
    identifiers = {"job": str(job.pk), "kind": job.kind, "attempt": job.attempt}
    with (
        trace.scope(origin="job", trace_id=job.trace_id),
        structlog.contextvars.bound_contextvars(**identifiers),
        _beating(ctx) if heartbeat else nullcontext(),
    ):
        log.info("job started")
        _run(ctx)
        log.info("job left")


def _run(ctx: JobContext) -> None:
    job = ctx.job
    try:
        ctx.check()
        result = registry.get(job.kind).handler(ctx, **job.payload)
        _conclude(ctx, result)
    except JobInterrupted:
        settlement.requeue(job, Job.objects.held_by(ctx.owner), refund_attempt=True)
    except LeaseLost:
        log.warning("job lease lost")
    except JobCancelled:
        settlement.cancel_running(job, ctx.owner)
    except JobRetry as error:
        _again(ctx, error.seconds, settlement.error(error.message, code=error.code))
    except (OperationalError, InterfaceError):
        log.exception("database failed under a job")
        _again(ctx, DATABASE_PAUSE, _unexpected())
    except Exception as error:
        settlement.fail(job, ctx.owner, _explain(error))


def _conclude(ctx: JobContext, result: Any) -> None:
    """Finish unless the handler did, in a transaction that may have been rolled back since."""
    if not ctx.finished:
        ctx.finish(result)
    elif Job.objects.held_by(ctx.owner).filter(pk=ctx.job.pk).exists():
        raise RuntimeError("The handler finished inside a transaction that was rolled back.")


def _again(ctx: JobContext, seconds: float, reason: dict[str, Any]) -> None:
    if ctx.job.attempt < ctx.job.max_attempts:
        settlement.requeue(ctx.job, Job.objects.held_by(ctx.owner), seconds=seconds)
    else:
        settlement.fail(ctx.job, ctx.owner, reason)


def _explain(error: Exception) -> dict[str, Any]:
    """A sentence for people. The stack goes to the log only."""
    if isinstance(error, JobFailed):
        return settlement.error(error.message, code=error.code)
    if isinstance(error, Problem):
        sentence = error.detail or str(CODES[error.code].message)
        return settlement.error(sentence, code=error.code)
    if isinstance(error, ValidationError):
        return settlement.error(" ".join(error.messages), code="VALIDATION_FAILED")
    log.exception("job failed unexpectedly")
    return _unexpected()


def _unexpected() -> dict[str, Any]:
    sentence = _("Something went wrong on our side. Try again, or report the trace ID.")
    return settlement.error(sentence, code="INTERNAL_ERROR")


@contextmanager
def _beating(ctx: JobContext) -> Iterator[None]:
    """A thread that renews the lease three times as often as needed."""
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(ctx, ended), name="job-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=1)


def _beat(ctx: JobContext, ended: threading.Event) -> None:
    while not ended.wait(settings.JOB_LEASE / 3):
        try:
            if not ctx.renew() and not ended.is_set() and not ctx.finished:
                ctx.lost.set()
                return
        except DatabaseError:
            log.warning("heartbeat could not be written", job=str(ctx.job.pk))
        finally:
            connections.close_all()  # not kept from beat to beat: pools are small
