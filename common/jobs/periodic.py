"""Functions that run every so often, in one process at a time however many there are.

The slot is claimed by one conditional UPDATE on ``PeriodicTask``, so a function runs at most once
per interval over all processes. It must bear being stopped half-way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connections

from common import clock, trace
from common.jobs.models import PeriodicTask

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    name: str
    interval_seconds: float
    function: Callable[[], Any]


_tasks: dict[str, Periodic] = {}


def register_periodic(name: str, interval_seconds: float, function: Callable[[], Any]) -> None:
    """``function()`` runs every ``interval_seconds`` (in ``AppConfig.ready()``)."""
    _tasks[name] = Periodic(name, interval_seconds, function)


def run_due() -> list[str]:
    """Run what is due, here. The names of what ran."""
    planned = dict(PeriodicTask.objects.values_list("name", "next_at"))
    return [
        task.name
        for task in list(_tasks.values())
        if _claim(task, planned.get(task.name)) and _run(task)
    ]


def _claim(task: Periodic, planned: datetime | None) -> bool:
    now = clock.now()
    if planned is None:
        PeriodicTask.objects.get_or_create(name=task.name, defaults={"next_at": now})
    elif planned > now:
        return False
    following = now + timedelta(seconds=task.interval_seconds)
    due = PeriodicTask.objects.filter(name=task.name, next_at__lte=now)
    return bool(due.update(next_at=following, last_at=now))


def _run(task: Periodic) -> bool:
    try:
        with trace.scope(origin="job", trace_id=trace.new_trace_id()):
            task.function()
    except Exception:
        log.exception("a periodic task failed", task=task.name)
    return True


class Scheduler:
    """The loop, for a thread of ``serve`` or for ``manage.py run_scheduler``."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.loop, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=seconds)

    def loop(self) -> None:
        while not self._stopping.is_set():
            try:
                run_due()
            except Exception as error:
                log.warning("the scheduler waits", error=f"{type(error).__name__}: {error}"[:200])
            finally:
                connections.close_all()
            self._stopping.wait(settings.SCHEDULER_INTERVAL)
