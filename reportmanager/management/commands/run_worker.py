"""``manage.py run_worker``: run jobs in this process, from Redis if there is one."""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.jobs import embedded

DRAIN_SECONDS = 8.0


class Command(BaseCommand):
    help = "Run background jobs until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--parent", type=int, default=0, help="end when this is no longer the parent process"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.REDIS_URL:
            _work_for_redis()
        else:
            _work_by_threads(options["parent"])


def _work_for_redis() -> None:
    from redis.exceptions import ConnectionError as NoRedis

    from common.jobs import rq

    try:
        rq.work()
    except NoRedis as error:
        raise CommandError(f"Redis does not answer: {error}") from None


def _work_by_threads(parent: int) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    embedded.start()
    while not ended.wait(1.0):
        if parent and os.getppid() != parent:
            break
    embedded.stop(DRAIN_SECONDS)
