"""Pulling: layer after layer, shared by all who pull the same, resumed where it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm.standin.parameters import Refusal

if TYPE_CHECKING:
    from llm.standin.models import Model, Pullable
    from llm.standin.state import State

STEPS = 4
"""A layer without a rate comes in so many steps."""
TICK = 0.06
"""Seconds between two lines of a layer, as with the real one."""


class Blob:
    """A layer on its way. It comes as long as anybody waits for it; what is here stays."""

    def __init__(self, digest: str, total: int) -> None:
        self.digest = digest
        self.total = total
        self.completed = 0
        self._followers = 0
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def complete(self) -> bool:
        return self.completed >= self.total

    def line(self) -> dict[str, Any]:
        short = self.digest.removeprefix("sha256:")[:12]
        line = {"status": f"pulling {short}", "digest": self.digest, "total": self.total}
        return line | ({"completed": self.completed} if self.completed else {})

    async def progress(
        self, rate: float | None, limit: int | None, released: asyncio.Event | None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """A line now, one for every change, until it is complete or ``limit`` is reached.

        ``released``: at the limit it waits for that, and goes on.
        """
        self._followers += 1
        try:
            yield self.line()
            while not self._at_end(limit, released):
                if self._task is None or self._task.done():
                    self._task = asyncio.create_task(self._download(rate, limit, released))
                change = self._changed
                await change.wait()
                yield self.line()
        finally:
            self._followers -= 1
            if not self._followers:
                await self._stop()

    def _at_end(self, limit: int | None, released: asyncio.Event | None) -> bool:
        return self.complete or (released is None and limit is not None and self.completed >= limit)

    async def _download(
        self, rate: float | None, limit: int | None, released: asyncio.Event | None
    ) -> None:
        step = max(1, round(rate * TICK) if rate else -(-self.total // STEPS))
        while not self._at_end(limit, released):
            if released is not None and limit is not None and self.completed >= limit:
                await released.wait()
                limit = None
            end = self.total if limit is None else min(limit, self.total)
            await asyncio.sleep(TICK if rate else 0.002)
            self.completed = min(end, self.completed + step)
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def _stop(self) -> None:
        # Forgotten first: who comes while it ends starts one of their own.
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def pull(
    state: State, name: str, item: Pullable | None
) -> AsyncGenerator[dict[str, Any], None]:
    """The lines of a pull, as the real one writes them."""
    yield {"status": "pulling manifest"}
    if item is None:
        raise Refusal(500, "pull model manifest: file does not exist")
    before = 0
    for digest, size in zip(item.digests(), item.sizes(), strict=True):
        async with aclosing(_layer(state, item, digest, size, before)) as lines:
            async for line in lines:
                yield line
        before += size
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}
    state.models[name] = _installed(state, name, item)
    yield {"status": "removing unused layers"}
    yield {"status": "success"}


async def _layer(
    state: State, item: Pullable, digest: str, size: int, before: int
) -> AsyncGenerator[dict[str, Any], None]:
    blob = state.blobs.setdefault(digest, Blob(digest, size))
    rate = item.rate if item.rate is not None else state.script.pull_rate
    stop = item.fails_at if item.fails_at is not None else item.hold_at
    limit = stop - before if stop is not None and before <= stop < before + size else None
    released = state.released if limit is not None and item.fails_at is None else None
    async with aclosing(blob.progress(rate, limit, released)) as progress:
        async for line in progress:
            yield line
    if not blob.complete:
        raise Refusal(500, item.error or "unexpected EOF")


def _installed(state: State, name: str, item: Pullable) -> Model:
    return replace(item.model, name=name, size=sum(item.sizes()), modified_at=state.now())
