"""What callers hold: the queue, and their place in it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from llm.orchestration.queue.line import Snapshot, Standing, Ticket

Tell = Callable[[Standing], None]
"""Called from any thread, with every change; raises RuntimeError when its event loop is closed."""
OnPosition = Callable[[int, float | None], None]


class Store(Protocol):
    async def join(self, ticket: Ticket, tell: Tell) -> None: ...
    def leave(self, ticket: Ticket, served: float | None) -> None:
        """Never waits and never fails, so that it also works in a task that is being cancelled."""

    async def snapshot(self, key: str) -> Snapshot: ...
    async def close(self) -> None: ...


class QueueTimeout(Exception):
    """No turn within ``wait_seconds``; ``position`` is where it had got to."""

    def __init__(self, waited: float, position: int) -> None:
        super().__init__(f"The model was busy with other requests for {waited:.0f} seconds.")
        self.waited = waited
        self.position = position


class Place:
    """In the line from ``join`` on; has its turn when ``changes()`` ends."""

    def __init__(self, wait_seconds: float | None) -> None:
        self.position = 0
        """1 is next, 0 runs (or was not told anything yet)."""
        self.rough_wait: float | None = None
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._latest: Standing | None = None
        self._joined = time.monotonic()
        self._started: float | None = None
        self._deadline = None if wait_seconds is None else self._loop.time() + wait_seconds

    @property
    def waited(self) -> float:
        """Seconds in line, so far or until the turn began."""
        return (self._started or time.monotonic()) - self._joined

    async def changes(self) -> AsyncIterator[Standing]:
        """Where it stands, at once and whenever that changes, until it has its turn.

        QueueTimeout when ``wait_seconds`` are over.
        """
        seen = None
        while self._started is None:
            standing = await self._next()
            self.position, self.rough_wait = standing.position, standing.wait
            if standing.position == 0:
                self._started = time.monotonic()
            elif standing != seen:
                seen = standing
                yield standing

    def tell(self, standing: Standing) -> None:
        """For the store, from any thread. Always by way of the loop: that keeps the order."""
        self._loop.call_soon_threadsafe(self._hear, standing)

    def served(self) -> float | None:
        return None if self._started is None else time.monotonic() - self._started

    def _hear(self, standing: Standing) -> None:
        self._latest = standing
        self._news.set()

    async def _next(self) -> Standing:
        try:
            async with asyncio.timeout_at(self._deadline):
                await self._news.wait()
        except TimeoutError:
            # A turn that came in the last moment is taken.
            if self._latest is None or self._latest.position:
                raise QueueTimeout(self.waited, self.position) from None
        self._news.clear()
        assert self._latest is not None  # noqa: S101 - set before the news
        return self._latest


class FairQueue:
    """One line a key ("provider:model"); see ``line`` for who goes next."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @asynccontextmanager
    async def place(
        self,
        key: str,
        *,
        user: str,
        organization: str = "",
        limit: int = 1,
        waiting_limit: int = 50,
        per_user_limit: int = 8,
        wait_seconds: float | None = None,
        on_position: OnPosition | None = None,
    ) -> AsyncIterator[Place]:
        """Wait for a turn, and have it as long as the block runs.

        ``limit`` run at a time (the newest value wins), ``waiting_limit`` wait, and one user has
        ``per_user_limit`` that wait or run: QueueFull at once beyond that. ``wait_seconds`` is the
        longest wait: QueueTimeout. Who gets a turn at once is not told a position.
        """
        async with self.join(
            key,
            user=user,
            organization=organization,
            limit=limit,
            waiting_limit=waiting_limit,
            per_user_limit=per_user_limit,
            wait_seconds=wait_seconds,
        ) as place:
            async for standing in place.changes():
                if on_position:
                    on_position(standing.position, standing.wait)
            yield place

    @asynccontextmanager
    async def join(
        self,
        key: str,
        *,
        user: str,
        organization: str = "",
        limit: int = 1,
        waiting_limit: int = 50,
        per_user_limit: int = 8,
        wait_seconds: float | None = None,
    ) -> AsyncIterator[Place]:
        """The same for generators: in line at once, ``async for … in place.changes()`` waits."""
        ticket = Ticket(
            id=secrets.token_hex(8),
            key=key,
            flow=f"{organization}/{user}",
            limit=max(1, limit),
            waiting_limit=waiting_limit,
            per_user_limit=per_user_limit,
        )
        place = Place(wait_seconds)
        try:
            await self._store.join(ticket, place.tell)
            yield place
        finally:
            self._store.leave(ticket, place.served())

    async def snapshot(self, key: str) -> Snapshot:
        return await self._store.snapshot(key)

    async def close(self) -> None:
        await self._store.close()
