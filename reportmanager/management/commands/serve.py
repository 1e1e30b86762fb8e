"""``manage.py serve``: the web server and, without Redis, workers and scheduler beside it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.urls import reverse

from accounts.actions import first_run_token
from common.jobs import embedded
from common.jobs.periodic import Scheduler
from reportmanager import staticfiles
from reportmanager.server.workers import WorkerProcess

DRAIN_SECONDS = 8.0
MIGRATION_LOCK = 0x52_4D_47_52


class Command(BaseCommand):
    help = "Migrate the database and serve the web application until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--worker",
            choices=("thread", "process", "none"),
            default="none" if settings.REDIS_URL else "thread",
            help="where jobs run: in threads here, in a process beside, or elsewhere",
        )
        parser.add_argument("--no-migrate", action="store_true", help="leave the database as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        from reportmanager.server import daphne

        host, port, worker = options["host"], options["port"], options["worker"]
        if problem := daphne.listening_problem(host, port):
            raise CommandError(f"{problem} Is it running already? Another PORT may be free.")
        if not options["no_migrate"]:
            _migrate()
        self._collect_static()
        from reportmanager.asgi import application  # finds the static files when it is imported

        beside = _Beside(worker)
        failure = daphne.run(
            application,
            host,
            port,
            ready=lambda: self._ready(beside, host, port),
            stop=beside.stop,
        )
        beside.stop()
        if failure:
            raise CommandError(f"The server could not listen: {failure}")

    def _collect_static(self) -> None:
        try:
            staticfiles.collect()
        except OSError as error:
            self.stderr.write(f"Static files are served uncollected: {error}")

    def _ready(self, beside: _Beside, host: str, port: int) -> None:
        beside.start()
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Listening on http://{shown}:{port}")
        if token := first_run_token():
            self.stdout.write("There is no account yet. Set the product up, once, at")
            self.stdout.write(f"  {settings.BASE_URL}{reverse('accounts:setup')}?token={token}")
        self.stdout.flush()


class _Beside:
    """What runs next to the web server in this process."""

    def __init__(self, worker: str) -> None:
        self._threads = worker == "thread"
        self._process = WorkerProcess() if worker == "process" else None
        scheduled = worker != "none" and not settings.REDIS_URL
        self._scheduler = Scheduler() if scheduled else None

    def start(self) -> None:
        if self._threads:
            embedded.start()
        if self._process:
            self._process.start()
        if self._scheduler:
            self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler:
            self._scheduler.stop()
        if self._process:
            self._process.stop(DRAIN_SECONDS + 2)
        if self._threads:
            embedded.stop(DRAIN_SECONDS)


def _migrate() -> None:
    """One process at a time on PostgreSQL, where several may start together."""
    shared = connection.vendor == "postgresql"
    if shared:
        _lock("pg_advisory_lock")
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        if shared:
            _lock("pg_advisory_unlock")
        connections.close_all()


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [MIGRATION_LOCK])
