"""Callers of the queue that do what the test says, when it says so."""

from __future__ import annotations

import asyncio
from typing import Any

from llm.orchestration.queue import FairQueue, Place

KEY = "ollama:llama3"
PATIENCE = 30.0


class Caller:
    """One request: ``heard`` positions, a turn until ``finish()``."""

    def __init__(self, queue: FairQueue, name: str, turns: list[str], **options: Any) -> None:
        self.name = name
        self.heard: list[int] = []
        self.waits: list[float | None] = []
        self.place: Place | None = None
        self._turns = turns
        self._news = asyncio.Condition()
        self._finish = asyncio.Event()
        self.task = asyncio.create_task(self._call(queue, options))

    async def in_line(self) -> Caller:
        """Waits, or has its turn."""
        return await self._until(lambda: bool(self.heard) or self.place is not None)

    async def turn(self) -> Caller:
        return await self._until(lambda: self.place is not None)

    async def at(self, position: int) -> Caller:
        return await self._until(lambda: self.heard[-1:] == [position])

    async def finish(self) -> None:
        await self.turn()
        self._finish.set()
        await self.task

    async def cancel(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task], timeout=PATIENCE)
        assert self.task.cancelled()

    async def _call(self, queue: FairQueue, options: dict[str, Any]) -> None:
        try:
            await self._stand(queue, options)
        finally:
            await self._tell()

    async def _stand(self, queue: FairQueue, options: dict[str, Any]) -> None:
        options = {"user": self.name[0], "organization": "7", "key": KEY, **options}
        async with queue.place(on_position=self._hear, **options) as place:
            self._turns.append(self.name)
            self.place = place
            await self._tell()
            await self._finish.wait()

    def _hear(self, position: int, wait: float | None) -> None:
        self.heard.append(position)
        self.waits.append(wait)
        self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _until(self, condition: Any) -> Caller:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: condition() or self.task.done())
        if not condition():
            await self.task  # raises what went wrong
            raise AssertionError(f"{self.name} is through: it heard {self.heard}")
        return self


class Callers:
    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.turns: list[str] = []
        self._all: list[Caller] = []

    async def __call__(self, *names: str, **options: Any) -> list[Caller]:
        """New callers, each in line before the next one comes. "a1" is user a's."""
        callers = []
        for name in names:
            caller = Caller(self.queue, name, self.turns, **options)
            self._all.append(caller)
            callers.append(await caller.in_line())
        return callers

    async def everybody_finishes(self) -> None:
        await asyncio.gather(*(one.finish() for one in self._all if not one.task.done()))

    async def end(self) -> None:
        for caller in self._all:
            caller.task.cancel()
        await asyncio.gather(*(one.task for one in self._all), return_exceptions=True)
