"""The stand-in beside a program that has no event loop: in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from llm.standin.models import Pullable
from llm.standin.script import GENERATING, Behaviour, Script
from llm.standin.server import StandIn
from llm.standin.state import Now, utc_now
from llm.standin.wire import Seen

T = TypeVar("T")


class Running:
    """A running stand-in, seen from any thread: the same words as ``StandIn``."""

    def __init__(self, server: StandIn, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def requests(self) -> list[Seen]:
        return self._ask(lambda: list(self._server.requests))

    @property
    def closed_early(self) -> int:
        return self._ask(lambda: self._server.closed_early)

    @property
    def open(self) -> int:
        return self._ask(lambda: self._server.open)

    @property
    def waiting(self) -> int:
        return self._ask(lambda: self._server.waiting)

    @property
    def installed(self) -> list[str]:
        return self._ask(lambda: self._server.installed)

    @property
    def loaded(self) -> list[str]:
        return self._ask(lambda: self._server.loaded)

    @property
    def loads(self) -> int:
        return self._server.loads

    @property
    def reloads(self) -> int:
        return self._server.reloads

    def script(self, behaviour: Behaviour, on: str = GENERATING) -> None:
        self._ask(lambda: self._server.script(behaviour, on))

    def then(self, *behaviours: Behaviour, on: str = GENERATING) -> None:
        self._ask(lambda: self._server.then(*behaviours, on=on))

    def reset(self) -> None:
        self._ask(self._server.reset)

    def release(self) -> None:
        self._ask(self._server.release)

    def offer(self, *items: Pullable) -> None:
        self._ask(lambda: self._server.offer(*items))

    def wait_until(self, predicate: Callable[[], bool], seconds: float = 10.0) -> None:
        """Until ``predicate()`` holds; ``TimeoutError`` when it does not come."""
        limit = time.monotonic() + seconds
        while not predicate():
            if time.monotonic() > limit:
                raise TimeoutError("The stand-in did not come to the state that was waited for.")
            time.sleep(0.005)

    def _ask(self, question: Callable[[], T]) -> T:
        """Done in the loop of the server, so nothing changes meanwhile."""
        answer: Future[T] = Future()

        def ask() -> None:
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(ask)
        return answer.result(timeout=30)


@contextmanager
def running(
    script: Script | Behaviour | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    now: Now = utc_now,
) -> Iterator[Running]:
    """``with running(script) as server:`` — from tests without a loop, benchmarks, the command."""
    started: Future[Running] = Future()
    stopping = asyncio.Event()

    async def serve() -> None:
        try:
            async with StandIn(script, host=host, port=port, now=now) as server:
                started.set_result(Running(server, asyncio.get_running_loop()))
                await stopping.wait()
        except OSError as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="stand-in", daemon=True)
    thread.start()
    handle = started.result(timeout=30)
    try:
        yield handle
    finally:
        handle._loop.call_soon_threadsafe(stopping.set)
        thread.join(timeout=30)
