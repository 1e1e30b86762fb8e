"""Threads of this process as a carrier: no Redis needed. Polls the table, woken on submit."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import DatabaseError, connections

from common.jobs.registry import LANES, Lane

log = structlog.get_logger(__name__)


class Workers:
    """A dispatcher thread that claims the jobs of a lane, and one thread for each that runs."""

    def __init__(self, lane: Lane, threads: int, *, poll: float, lease: float) -> None:
        self.woken = threading.Event()
        self._lane = lane
        self._stopping = threading.Event()
        self._slots = threading.BoundedSemaphore(threads)
        self._poll = poll
        self._reap_every = max(0.5, lease / 3)
        self._reaped = float("-inf")
        self._running: set[threading.Thread] = set()
        self._dispatcher = threading.Thread(target=self._dispatch, name=f"jobs-{lane}", daemon=True)

    def start(self) -> None:
        self._dispatcher.start()

    @property
    def alive(self) -> bool:
        return self._dispatcher.is_alive()

    def tell_to_stop(self) -> None:
        """Take nothing new; running jobs end, or go back into the queue at their next check."""
        self._stopping.set()
        self.woken.set()

    def wait_until(self, deadline: float) -> None:
        """``deadline`` is a moment of ``time.monotonic()``."""
        self._dispatcher.join(timeout=max(0.0, deadline - time.monotonic()))
        for thread in list(self._running):
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            self.woken.clear()
            try:
                busy = self._tick()
            except DatabaseError as error:
                log.warning("jobs cannot be looked up", error=str(error)[:200])
                busy = False
            except Exception:
                log.exception("the job dispatcher stumbled")
                busy = False
            if not busy:
                connections.close_all()
                self.woken.wait(self._poll)
        connections.close_all()

    def _tick(self) -> bool:
        """Start at most one job; True if there may be another."""
        from common.jobs import engine, settlement

        if time.monotonic() - self._reaped >= self._reap_every:
            self._reaped = time.monotonic()
            settlement.reap()
        if not self._slots.acquire(timeout=self._poll):
            return False
        job = None
        try:
            job = engine.claim_next(self._lane)
        finally:
            if job is None:
                self._slots.release()
        if job is None:
            return False
        thread = threading.Thread(
            target=self._run, args=(job,), name=f"job-{job.kind}", daemon=True
        )
        self._running.add(thread)
        thread.start()
        return True

    def _run(self, job: object) -> None:
        from common.jobs import engine

        try:
            engine.execute(job, stopping=self._stopping)  # type: ignore[arg-type]
        except Exception:
            log.exception("a job ended without a state; its lease will expire")
        finally:
            connections.close_all()
            self._running.discard(threading.current_thread())
            self._slots.release()
            self.woken.set()


_workers: dict[Lane, Workers] = {}


def start(lanes: Sequence[Lane] = LANES) -> None:
    """Run the jobs of these lanes in this process from now on."""
    threads = {"work": settings.JOB_THREADS, "transfer": settings.JOB_TRANSFERS}
    for lane in lanes:
        if lane not in _workers:
            _workers[lane] = Workers(
                lane, threads[lane], poll=settings.JOB_POLL, lease=settings.JOB_LEASE
            )
            _workers[lane].start()


def stop(seconds: float = 8.0) -> None:
    """End all lanes, side by side, within this time."""
    deadline = time.monotonic() + seconds
    stopping = list(_workers.values())
    for workers in stopping:
        workers.tell_to_stop()
    for workers in stopping:
        workers.wait_until(deadline)
    _workers.clear()


def wake(lane: Lane | None = None) -> None:
    """There is something to do, in one lane or in any."""
    for name, workers in list(_workers.items()):
        if lane in (None, name):
            workers.woken.set()


def state() -> str:
    """``off`` when this process runs no jobs, else ``ok`` or ``stopped``."""
    if not _workers:
        return "off"
    return "ok" if all(workers.alive for workers in _workers.values()) else "stopped"
