"""``manage.py load_demo``: the demo organisations, logins and workspace. Never in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common import trace
from reportmanager.demo import workspace


class Command(BaseCommand):
    help = "Make the demo organisations, their accounts and a workspace on real data."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "load_demo makes accounts with a known password; it refuses to run in production."
            )
        with trace.scope(origin="command"):
            fresh = workspace.build()
        if fresh or options["verbosity"] > 1:
            self.stdout.write("The demo workspace is ready.")
