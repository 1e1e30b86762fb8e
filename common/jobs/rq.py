"""RQ as a carrier: it brings job ids to workers on other machines, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable

import django_rq
from django.db import connections

from common.jobs import engine
from common.jobs.models import Job

QUEUE = "default"
LONGEST = 6 * 3600


def enqueue(jobs: Iterable[Job], *, again: bool = False) -> int:
    """One message per job and attempt; ``again`` leaves out those still waiting in Redis."""
    queue = django_rq.get_queue(QUEUE)
    waiting = set(queue.get_job_ids()) if again else set()
    fresh = [job for job in jobs if _name(job) not in waiting]
    for job in fresh:
        queue.enqueue(
            "common.jobs.rq.run",
            str(job.pk),
            job_id=_name(job),
            job_timeout=LONGEST,
            result_ttl=3600,
            failure_ttl=7 * 24 * 3600,
            description=f"{job.kind} {job.pk}",
        )
    return len(fresh)


def run(job_id: str) -> bool:
    try:
        return engine.run(job_id)
    finally:
        connections.close_all()


def work() -> None:
    """Serve the queue in this process until it is told to stop (SIGTERM ends after the job)."""
    worker = django_rq.get_worker(QUEUE)
    _forget_connections()
    worker.work(logging_level=None)


def ping() -> bool:
    return bool(django_rq.get_connection(QUEUE).ping())


def _forget_connections() -> None:
    """A fork must inherit neither connections nor pools."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def _name(job: Job) -> str:
    return f"{job.pk}-{job.attempt}"
