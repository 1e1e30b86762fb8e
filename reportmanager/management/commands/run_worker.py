"""``manage.py run_worker``: run jobs in this process, from Redis if there is one."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.jobs import embedded
from common.jobs.registry import LANES, Lane
from reportmanager.server.workers import WorkerProcess

DRAIN_SECONDS = 8.0


class Command(BaseCommand):
    help = "Run background jobs until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--lane",
            choices=(*LANES, "all"),
            default="all",
            help="only work, only long transfers (downloads), or all; by default all",
        )
        parser.add_argument(
            "--parent", type=int, default=0, help="end when this is no longer the parent process"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lane, parent = options["lane"], options["parent"]
        if settings.REDIS_URL and lane != "transfer":
            _work_for_redis(WorkerProcess("transfer") if lane == "all" else None)
        else:
            _work_by_threads(LANES if lane == "all" else [lane], parent)


def _work_for_redis(transfers: WorkerProcess | None) -> None:
    """RQ forks for every job, which threads beside it would not survive; and it runs one at a time.
    So transfers are carried by the threads of a process of their own."""
    from redis.exceptions import ConnectionError as NoRedis

    from common.jobs import rq

    if transfers:
        transfers.start()
    try:
        rq.work(told_to_stop=transfers.tell_to_stop if transfers else None)
    except NoRedis as error:
        raise CommandError(f"Redis does not answer: {error}") from None
    finally:
        if transfers:
            transfers.stop(DRAIN_SECONDS + 2)


def _work_by_threads(lanes: Sequence[Lane], parent: int) -> None:
    told: SimpleQueue[int] = SimpleQueue()  # unlike an Event it may be used by signal handlers
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: told.put(number))
    embedded.start(lanes)
    while not _is_told(told):
        if parent and os.getppid() != parent:
            break
    embedded.stop(DRAIN_SECONDS)


def _is_told(told: SimpleQueue[int]) -> bool:
    try:
        told.get(timeout=1.0)
    except Empty:
        return False
    return True
