"""``manage.py run_scheduler``: periodic work, in as many processes as one likes."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from common.jobs.periodic import Scheduler


class Command(BaseCommand):
    help = "Run schedules and upkeep until SIGTERM or Ctrl-C. Several may run at once."

    def handle(self, *args: Any, **options: Any) -> None:
        scheduler = Scheduler()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.stop(0))
        scheduler.loop()
