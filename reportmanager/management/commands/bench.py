"""``manage.py bench``: what the product costs, measured against engine and trivial view."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reportmanager.bench import data, figures, run


class Command(BaseCommand):
    help = "Measure uploads, chart data, dashboards and memory on a server of its own."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        parser.add_argument("--rows", type=int, default=data.ROWS, help="rows of the uploaded file")
        parser.add_argument(
            "--seconds", type=float, default=run.SECONDS, help="for each measurement of throughput"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(run.measure(self._say, rows=options["rows"], seconds=options["seconds"]))
        if options["json"]:
            self.stdout.write(json.dumps(figures.as_json(found), indent=2, ensure_ascii=False))
            return
        self.stdout.write(f"\n{figures.machine()}\n")
        self.stdout.write(figures.table(found))

    def _say(self, words: str) -> None:
        self.stderr.write(words)
