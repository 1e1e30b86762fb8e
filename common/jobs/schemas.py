"""A job as JSON, for the API and the live topic."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from common.jobs.models import Job


def job_json(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "title": job.title,
        "subject": job.subject,
        "result": job.result,
        "attempt": job.attempt,
        "traceId": job.trace_id,
        "createdAt": _time(job.created_at),
        "startedAt": _time(job.started_at),
        "finishedAt": _time(job.finished_at),
        "url": job.get_absolute_url(),
        **progress_json(job),
    }


def progress_json(job: Job) -> dict[str, Any]:
    """The part that changes while the job runs."""
    return {
        "status": job.status,
        "done": job.done,
        "total": job.total,
        "note": job.note,
        "cancelRequested": job.cancel_requested_at is not None,
        "error": job.error,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
