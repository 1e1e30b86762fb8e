"""``manage.py fake_ollama``: a server that behaves like Ollama, for development without a model."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from llm.standin import LIBRARY, MODELS, VERSION, Model, Script, StandIn
from llm.standin.models import full_name

MEGABYTE = 1_000_000


class Command(BaseCommand):
    help = (
        "Start a stand-in for Ollama, for development. There is no model behind it: every answer "
        "is made up. Nothing uses it unless a provider's address points to it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(model.full_name for model in MODELS)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=11434, help="port; 0 takes a free one")
        parser.add_argument("--rate", type=float, default=40.0, help="tokens per second, 0: all")
        parser.add_argument("--pull-rate", type=float, default=80.0, help="pulls, in MB a second")
        parser.add_argument("--load-seconds", type=float, default=1.5, help="to load a model")
        parser.add_argument(
            "--models", nargs="*", metavar="NAME", help=f"what is installed; else {names}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(self._serve(options))
        except OSError as error:
            where = f"{options['host']}:{options['port']}"
            raise CommandError(
                f"The stand-in cannot listen on {where}: {error.strerror}. "
                "Is a real Ollama running there? --port takes another one."
            ) from None

    async def _serve(self, options: dict[str, Any]) -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        async with StandIn(_script(options), host=options["host"], port=options["port"]) as server:
            with suppress(BrokenPipeError):
                self._introduce(server)
            await stopping.wait()
        self.stdout.write("The stand-in has stopped.")

    def _introduce(self, server: StandIn) -> None:
        self.stdout.write(
            self.style.WARNING(
                "This is NOT Ollama but a stand-in for development: there is no model, and every "
                "answer is made up."
            )
        )
        self.stdout.write(f"It listens on {server.url} and says version {VERSION}.")
        self.stdout.write(f"Models it pretends to have: {', '.join(server.installed)}.")
        pulls = ", ".join(sorted(set(server.state.library) - set(server.installed)))
        self.stdout.write(f"Models it pretends to pull: {pulls}.")
        self.stdout.write("Stop it with Ctrl-C.")
        self.stdout.flush()


def _script(options: dict[str, Any]) -> Script:
    names = options["models"]
    return Script(
        models=MODELS if names is None else tuple(_model(name) for name in names),
        rate=options["rate"],
        pull_rate=options["pull_rate"] * MEGABYTE,
        load_delay=options["load_seconds"],
        loopback_hosts_only=_loopback(options["host"]),
    )


def _model(name: str) -> Model:
    """One that is known, by its name; else a plain model for chat."""
    wanted = full_name(name)
    known = {item.full_name: item for item in MODELS}
    if wanted in known:
        return known[wanted]
    return LIBRARY[wanted].model if wanted in LIBRARY else Model(name=wanted)


def _loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
