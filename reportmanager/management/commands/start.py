"""``manage.py start``, what ``make run`` calls: database, demo workspace, then the server."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from llm.actions.probe import probe
from llm.models import Provider
from reportmanager.demo.workspace import ACCOUNTS
from reportmanager.server import reload


class Command(BaseCommand):
    help = "Prepare everything and start the server with worker and scheduler."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave out the demo workspace")
        parser.add_argument(
            "--reload", action="store_true", help="start again whenever a file of the code changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reload"]:
            reload.run(["start", *(["--no-demo"] if options["no_demo"] else [])])
            return
        call_command("migrate", verbosity=0)
        if not settings.PRODUCTION and not options["no_demo"]:
            call_command("load_demo")
        self._say(demo=not settings.PRODUCTION and not options["no_demo"])
        call_command("serve", host=settings.HOST, port=settings.PORT)

    def _say(self, *, demo: bool) -> None:
        write = self.stdout.write
        write("")
        write(f"  Report Manager is at {settings.BASE_URL}")
        if demo:
            write(f"  Log in with the password {settings.DEMO_PASSWORD} as")
            for organization, email, _name, role in ACCOUNTS:
                write(f"    {email:<24} {role} of “{organization}”")
        write(f"  Data is kept in {settings.DATA_DIR}")
        write(f"  Database: {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}")
        write(f"  Jobs: {'RQ on Redis' if settings.REDIS_URL else 'threads of this process'}")
        write(f"  {_model_server()}")
        write("  Stop with Ctrl+C.")
        write("")
        self.stdout.flush()


def _model_server() -> str:
    """One line about the language model: found, or what works without it."""
    found = async_to_sync(probe)(Provider.objects.get(builtin=True))
    if found.ok:
        return f"Language models: {found.sentences[0]}"
    address = settings.OLLAMA_URL.partition("://")[2]
    return f"No language model at {address}: guided mode; everything works without one."
