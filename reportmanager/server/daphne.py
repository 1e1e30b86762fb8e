"""The server itself: Daphne with our request class, a drain before the end, plain sentences."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import structlog
from daphne.server import Server  # first: it installs the asyncio reactor
from twisted.internet import defer, reactor
from twisted.internet.threads import deferToThread

from common.realtime import drain, publishing
from reportmanager.server.request import LimitedFactory

log = structlog.get_logger(__name__)
MESSAGE_BYTES = 256 * 2**10


class LimitedServer(Server):  # type: ignore[misc]
    """Daphne that listens with ``LimitedFactory`` and remembers why it could not listen."""

    failure = ""

    @property
    def http_factory(self) -> LimitedFactory:
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _default: Any) -> None:
        # Daphne's run() puts its own factory here and offers no other place to say which.
        self._http_factory = LimitedFactory(self)

    def listen_error(self, failure: Any) -> None:
        self.failure = str(failure.getErrorMessage())
        self.stop()

    def kill_all_applications(self) -> Any:
        """As Daphne's, which trips over connections that have no application (any more)."""
        running = [
            application
            for details in self.connections.values()
            if (application := details.get("application_instance")) and not application.done()
        ]
        for application in running:
            application.cancel()
        return defer.Deferred.fromFuture(
            asyncio.ensure_future(_settled(running))  # Twisted waits for it
        )


async def _settled(futures: list[Any]) -> None:
    if futures:
        await asyncio.wait(futures, timeout=5)


def listening_problem(host: str, port: int) -> str:
    """Why nothing can listen there, as a sentence; ``""`` when all is well."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return f"The address {host}:{port} cannot be used: {error.strerror or error}."
    return ""


def run(
    application: Any,
    host: str,
    port: int,
    *,
    ready: Callable[[], None],
    stop: Callable[[], None],
) -> str:
    """Serve until SIGTERM or SIGINT. ``stop`` runs in a thread. The reason of a failed start."""
    server = LimitedServer(
        application=application,
        endpoints=[_endpoint(host, port)],
        application_close_timeout=5,
        server_name="",
        websocket_max_message_size=MESSAGE_BYTES,
        websocket_max_frame_size=MESSAGE_BYTES,
        ready_callable=ready,
    )
    publishing.serve_on(reactor._asyncioEventloop)
    trigger: Any = reactor.addSystemEventTrigger
    trigger("before", "shutdown", lambda: deferToThread(stop))
    trigger(
        "before",
        "shutdown",
        lambda: defer.Deferred.fromFuture(asyncio.ensure_future(drain.run())),
    )
    server.run()
    return server.failure


def _endpoint(host: str, port: int) -> str:
    kind = "tcp6" if ":" in host else "tcp"
    return f"{kind}:port={port}:interface={host.replace(':', chr(92) + ':')}"
