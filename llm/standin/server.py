"""The server: connections, routes, and what can be told to it and asked of it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from llm.standin import routes
from llm.standin.call import Call
from llm.standin.models import Pullable, full_name
from llm.standin.script import EVERYTHING, GENERATING, Behaviour, Script
from llm.standin.state import Now, State, utc_now
from llm.standin.wire import ClientGone, Exchange, Line, Seen

logger = logging.getLogger(__name__)

ANSWERS = ("/api/chat", "/api/generate", "/v1/chat/completions")
VECTORS = ("/api/embed", "/api/embeddings", "/v1/embeddings")


class StandIn:
    """``async with StandIn(script) as server:`` — it listens on ``server.url`` until the end."""

    def __init__(
        self,
        script: Script | Behaviour | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Now = utc_now,
    ) -> None:
        if isinstance(script, Behaviour):
            script = Script(default=script)
        self._script = script or Script()
        self._host = host
        self._port = port
        self._behaviours: dict[str, Behaviour] = {}
        self._once: dict[str, deque[Behaviour]] = defaultdict(deque)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._stopping = False
        self.state = State(self._script, now)
        self.requests: list[Seen] = []
        self.reset()

    # Where it is, what it saw ---------------------------------------------------------

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def closed_early(self) -> int:
        """How many answers a client did not wait for."""
        return sum(request.outcome == "closed early" for request in self.requests)

    @property
    def open(self) -> int:
        """How many requests are not yet answered."""
        return sum(request.outcome == "open" for request in self.requests)

    @property
    def waiting(self) -> int:
        """How many wait, silently, for a place at a loaded model."""
        return sum(runner.waiting for runner in self.state.runners.values())

    @property
    def installed(self) -> list[str]:
        return sorted(self.state.models)

    @property
    def loaded(self) -> list[str]:
        return [runner.model.full_name for runner in self.state.loaded()]

    @property
    def loads(self) -> int:
        return self.state.loads

    @property
    def reloads(self) -> int:
        """Loads because other load-time options or another ``shift`` were asked for."""
        return self.state.reloads

    async def wait_until(self, predicate: Callable[[], bool], seconds: float = 10.0) -> None:
        """Until ``predicate()`` holds; ``TimeoutError`` when it does not come."""
        limit = time.monotonic() + seconds
        while not predicate():
            if time.monotonic() > limit:
                raise TimeoutError("The stand-in did not come to the state that was waited for.")
            await asyncio.sleep(0.005)

    # What it shall do -----------------------------------------------------------------

    def script(self, behaviour: Behaviour, on: str = GENERATING) -> None:
        """From now on, requests that ``on`` names are answered so.

        ``on`` is GENERATING, EVERYTHING, a path, or a model's name (its answers and vectors).
        What comes first: what ``then`` queued, a path, a model, GENERATING, EVERYTHING.
        """
        self._behaviours[_key(on)] = behaviour

    def then(self, *behaviours: Behaviour, on: str = GENERATING) -> None:
        """The next requests, one each, in this order; after them it is as before."""
        self._once[_key(on)].extend(behaviours)

    def reset(self) -> None:
        """Back to the script it was started with; what is installed and loaded stays."""
        self._behaviours = {_key(key): value for key, value in self._script.behaviours.items()}
        self._once.clear()
        for item in self._script.once:
            on, behaviour = item if isinstance(item, tuple) else (GENERATING, item)
            self.then(behaviour, on=on)

    def release(self) -> None:
        """The requests that are here now go on past their holds; later ones do hold."""
        event, self.state.released = self.state.released, asyncio.Event()
        event.set()

    def offer(self, *items: Pullable) -> None:
        """Puts models into the library that pulls come from."""
        for item in items:
            self.state.library[item.model.full_name] = item

    # Running --------------------------------------------------------------------------

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a callback of a running server)
        self._connections.add(task)
        line = Line(reader, writer)
        try:
            with suppress(ClientGone, asyncio.CancelledError):
                async for exchange in line.exchanges():
                    await self._serve(line, exchange)
        finally:
            line.close()
            self._connections.discard(task)

    async def _serve(self, line: Line, exchange: Exchange) -> None:
        """Answers one request, unless the client leaves first."""
        request = exchange.request
        with suppress(ValueError):
            request.json = json.loads(request.body) if request.body else None
        self.requests.append(request)
        call = Call(self.state, request, self._behaviour(request))
        answer = asyncio.create_task(routes.answer(exchange, call))
        leaving = asyncio.create_task(line.left())
        try:
            await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answer, leaving):
                task.cancel()
            result, _ = await asyncio.gather(answer, leaving, return_exceptions=True)
            if request.outcome == "open":
                request.outcome = "closed early" if _left(result, self._stopping) else "cut"

    def _behaviour(self, request: Seen) -> Behaviour:
        keys = [request.path]
        if request.path in (*ANSWERS, *VECTORS):
            keys.append(full_name(request.model))
        if request.path in ANSWERS:
            keys.append(GENERATING)
        keys.append(EVERYTHING)
        for key in keys:
            if self._once.get(key):
                return self._once[key].popleft()
        for key in keys:
            if key in self._behaviours:
                return self._behaviours[key]
        return self._script.default if request.path in ANSWERS else Behaviour()


def _left(result: BaseException | None, stopping: bool) -> bool:
    """Whether it was the client that ended it, not the server's stop nor a fault of ours."""
    ours = isinstance(result, Exception) and not isinstance(result, ClientGone)
    if ours:
        logger.error("The stand-in failed.", exc_info=result)
    return not ours and not stopping


def _key(on: str) -> str:
    return on if on in (GENERATING, EVERYTHING) or on.startswith("/") else full_name(on)
