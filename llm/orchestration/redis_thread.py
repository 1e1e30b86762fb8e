"""Redis for callers on any thread and any event loop of this process.

A connection belongs to the event loop that opened it, and callers come from the server's loop as
well as from jobs that each run a short-lived one. So Redis has one thread and one loop of its own:
one set of connections a process, what was handed over is done even if the caller is cancelled, and
renewing leases does not depend on a caller's busy loop.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import threading
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_all
from contextlib import suppress
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
T = TypeVar("T")
ERRORS = (RedisError, OSError, TimeoutError)


class RedisAway(Exception):
    """Redis did not do it, or is left alone for a moment because it did not do it just now."""


class RedisThread:
    """``patience``: seconds for an answer; ``pause``: seconds it is left alone after a failure."""

    def __init__(self, url: str, *, patience: float = 2.0, pause: float = 5.0) -> None:
        self.patience = patience
        self._url, self._pause = url, pause
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0
        self._client: Redis | None = None
        self._away_until: float | None = None
        self._pending: set[Future[Any]] = set()
        atexit.register(self.drain)

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin ``work`` on the own loop; in the order of the calls."""
        future = asyncio.run_coroutine_threadsafe(work, self._running_loop())
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` returns. It goes on to its end when the caller is cancelled."""
        return await self.wait(self.submit(work))

    async def wait(self, future: Future[T]) -> T:
        """Like asyncio's ``wrap_future``, but a cancelled caller cancels nothing, and one whose
        loop is closed by now is not missed."""
        loop = asyncio.get_running_loop()
        news: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not news.done():
                news.set_result(None)

        def tell(_done: Future[T]) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle)

        future.add_done_callback(tell)
        await news
        return future.result()

    async def evaluate(self, script: str, keys: Sequence[str], *arguments: str) -> Any:
        """The script's JSON answer, or RedisAway. On the own loop only."""
        self.check()
        try:
            answer = await self._connected().register_script(script)(keys, arguments)
        except ERRORS as error:
            self.lost(error)
            raise RedisAway from error
        if self._away_until is not None:
            self._away_until = None
            log.info("redis is back: limits are shared again")
        return json.loads(answer)

    async def messages(self, channel: str) -> AsyncGenerator[str | None, None]:
        """What is published; None first, once nothing is missed any more. On the own loop only."""
        # Without a time limit for answers: silence is normal here.
        client = self._connect(patience=None)
        try:
            async with client.pubsub() as subscription:
                await subscription.subscribe(channel)
                async for message in subscription.listen():
                    yield None if message["type"] == "subscribe" else message["data"]
        finally:
            await client.aclose()

    def check(self) -> None:
        """RedisAway while it is left alone."""
        if self._away_until is not None and time.monotonic() < self._away_until:
            raise RedisAway

    def lost(self, error: BaseException) -> None:
        """Leave it alone for a moment, so that not every call waits for the same disappointment."""
        if self._away_until is None:
            log.warning(
                "redis is away: limits hold for each process alone",
                error=f"{type(error).__name__}: {error}"[:200],
            )
        self._away_until = time.monotonic() + self._pause

    def drain(self) -> None:
        """A process may end right after its last call, whose report has to have left."""
        if self._pid == os.getpid():
            wait_for_all(set(self._pending), timeout=self.patience)

    def close(self) -> None:
        """Finish what was begun, end what goes on for ever. From other threads only."""
        atexit.unregister(self.drain)
        if self._loop is None or self._pid != os.getpid():
            return
        self.drain()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop = None

    async def _end(self) -> None:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """A forked child has the memory but not the thread: it begins its own."""
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid, self._client = asyncio.new_event_loop(), os.getpid(), None
                threading.Thread(
                    target=self._loop.run_forever, name="llm-redis", daemon=True
                ).start()
            return self._loop

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = self._connect(patience=self.patience)
        return self._client

    def _connect(self, *, patience: float | None) -> Redis:
        return Redis.from_url(
            self._url,
            decode_responses=True,
            socket_timeout=patience,
            socket_connect_timeout=self.patience,
            socket_keepalive=True,
            # Once more for a kept connection that a restarted server closed. Scripts bear it.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
