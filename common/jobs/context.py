"""What a handler holds while it runs: progress, cancellation, checkpoints, the fenced end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from common import clock, realtime
from common.jobs import registry, settlement
from common.jobs.errors import JobCancelled, JobInterrupted, LeaseLost
from common.jobs.models import Job, JobStatus, JobStep
from common.jobs.schemas import progress_json

PUBLISH_EVERY = 0.1
SAVE_EVERY = 0.5
LOOK_EVERY = 0.2


class JobContext:
    """One run of one job. Every write is fenced by the run's owner token."""

    def __init__(self, job: Job, *, stopping: threading.Event | None = None) -> None:
        self.job = job
        self.owner = job.owner
        self.lost = threading.Event()
        self.finished = False
        self._stopping = stopping or threading.Event()
        self._waits = registry.lane_of(job.kind) == "transfer"
        self._depth = _transaction_depth()
        self._published = self._saved = self._looked = float("-inf")

    def progress(
        self, *, done: int | None = None, total: int | None = None, note: str | None = None
    ) -> None:
        """Say how far it is: published at once (at most every 0.1 s), saved every 0.5 s.

        Within the handler's own transaction it is published only: the row would stay locked.
        """
        self.job.done = self.job.done if done is None else done
        self.job.total = self.job.total if total is None else total
        self.job.note = self.job.note if note is None else note[:200]
        moment = time.monotonic()
        if moment - self._published >= PUBLISH_EVERY:
            self._published = moment
            realtime.publish_now(self.job.topic, "progressed", progress_json(self.job))
        if moment - self._saved >= SAVE_EVERY and not self._in_own_transaction():
            self._saved = moment
            self._write()
            self._let_go()

    def check(self) -> None:
        """Raise if this run should end. Cheap: the table is asked at most every 0.2 s.

        It fits ``Pool.call(…, cancelled=ctx.check)``.
        """
        if self.lost.is_set():
            raise LeaseLost
        if self._stopping.is_set() and self.job.max_attempts > 1:
            raise JobInterrupted
        moment = time.monotonic()
        if moment - self._looked < LOOK_EVERY:
            return
        self._looked = moment
        row = self._rows().values_list("cancel_requested_at").first()
        self._let_go()
        if row is None:
            self.lose()
        elif row[0]:
            raise JobCancelled

    def step(self, key: str, function: Callable[[], Any], *, atomic: bool = False) -> Any:
        """Run ``function`` once for this job and keep its JSON result.

        ``atomic`` puts the function and its checkpoint into one transaction: for short work
        that only writes to the database, this makes it exactly once.
        """
        finished = JobStep.objects.filter(job=self.job, key=key).first()
        if finished:
            return finished.result
        self.check()
        if atomic:
            with transaction.atomic():
                return self._checkpoint(key, function())
        result = function()
        with transaction.atomic():
            return self._checkpoint(key, result)

    def finish(self, result: Any = None) -> None:
        """The fenced end; inside the handler's ``atomic`` it commits or rolls back with it."""
        job = self.job
        job.status, job.result, job.error = JobStatus.SUCCEEDED, result, None
        job.done = job.total or job.done
        job.finished_at = clock.now()
        with transaction.atomic():
            self._write(
                status=job.status,
                result=result,
                error=None,
                finished_at=job.finished_at,
                lease_until=None,
                owner="",
            )
            settlement.announce(job)
        self.finished = True

    def renew(self) -> bool:
        """Prolong the lease; False when it has been lost."""
        return bool(self._rows().update(lease_until=settlement.lease_end()))

    def lose(self) -> None:
        self.lost.set()
        raise LeaseLost

    def _checkpoint(self, key: str, result: Any) -> Any:
        plain = json.loads(json.dumps(result, cls=DjangoJSONEncoder))
        self._write()
        JobStep.objects.create(job=self.job, key=key, result=plain)
        return plain

    def _write(self, **changes: Any) -> None:
        values: dict[str, Any] = {
            "lease_until": settlement.lease_end(),
            "done": self.job.done,
            "total": self.job.total,
            "note": self.job.note,
        }
        if not self._rows().update(**(values | changes)):
            self.lose()

    def _rows(self) -> Any:
        return Job.objects.held_by(self.owner).filter(pk=self.job.pk)

    def _let_go(self) -> None:
        """A transfer waits for hours: meanwhile others may have its connection."""
        if self._waits and not connection.in_atomic_block:
            connection.close()

    def _in_own_transaction(self) -> bool:
        return _transaction_depth() > self._depth


def _transaction_depth() -> int:
    return int(connection.in_atomic_block) + len(connection.savepoint_ids)
