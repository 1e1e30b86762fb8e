"""RQ as the carrier of the work lane: it brings job ids to workers on other machines, no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FrameType
from typing import cast

import django_rq
import rq
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
        return engine.run(job_id, lane="work")
    finally:
        connections.close_all()


class Worker(rq.Worker):
    """RQ's worker, which says at once that it was told to stop: its job may take its time."""

    told_to_stop: Callable[[], None] | None = None

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        if self.told_to_stop:
            self.told_to_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(*, told_to_stop: Callable[[], None] | None = None) -> None:
    """Serve the queue in this process until it is told to stop (SIGTERM ends after the job)."""
    worker = cast(Worker, django_rq.get_worker(QUEUE, worker_class=Worker))
    worker.told_to_stop = told_to_stop
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
