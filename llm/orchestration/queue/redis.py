"""Lines that all processes with the same Redis share; each step is one atomic script.

Whoever changes a line publishes what it looks like now, so that the next one hears of its turn
within a millisecond and nobody asks in a loop. A message that got lost is made up for by the next
renewal of the leases, which answers with the same picture. Leases are renewed by the process, not
by the callers: a place outlives neither its process nor, by much, its lease.

While Redis is away everyone is in a line of this process alone, also those who waited already; when
it is back, they return to their old places and the running ones are entered again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from llm.orchestration.queue import pictures
from llm.orchestration.queue.line import SMOOTHING, Snapshot, Standing, Ticket
from llm.orchestration.queue.memory import MemoryStore
from llm.orchestration.queue.places import Tell
from llm.orchestration.redis_thread import ERRORS, RedisAway, RedisThread

log = structlog.get_logger(__name__)
SCRIPT = Path(__file__).with_name("redis.lua").read_text()
PREFIX = "llm:queue:"
CHANNEL = "llm:queues"
RECONNECT_SECONDS = 1.0


@dataclass
class Held:
    """A place that a caller in this process holds. ``local``: it waits in this process' line."""

    ticket: Ticket
    tell: Tell
    running: bool = False
    local: bool = False


class RedisStore:
    """Everything with a leading underscore runs on Redis' own loop: no locks but for the order."""

    def __init__(self, redis: RedisThread, *, lease: float = 15.0) -> None:
        self._redis, self._lease = redis, lease
        self._begin()
        # The parent's places are not the child's.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._local = MemoryStore()
        self._held: dict[str, Held] = {}
        self._seen: dict[str, tuple[str, int]] = {}
        # One script at a time: a renewal must not bring back who has just left.
        self._order = asyncio.Lock()
        self._renew_now = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def join(self, ticket: Ticket, tell: Tell) -> None:
        await self._redis.run(self._join(ticket, tell))

    def leave(self, ticket: Ticket, served: float | None) -> None:
        self._redis.submit(self._leave(ticket, served))

    async def snapshot(self, key: str) -> Snapshot:
        return await self._redis.run(self._snapshot(key))

    async def close(self) -> None:
        self._redis.close()

    async def _join(self, ticket: Ticket, tell: Tell) -> None:
        held = Held(ticket, tell)
        try:
            async with self._order:
                await self._listen(ticket.key)
                # Held before it is asked for: the news of its turn may overtake the answer.
                self._hold(held)
                picture = await self._do("join", ticket.key, ticket=asdict(ticket))
                if "refused" in picture:
                    del self._held[ticket.id]
                self._apply(picture)
        except RedisAway:
            self._held.pop(ticket.id, None)
            self._fall_back()
            await self._join_locally(held)
            return
        if "refused" in picture:
            raise pictures.refusal(picture)

    async def _join_locally(self, held: Held) -> None:
        held.local = True
        await self._local.join(held.ticket, partial(self._hear_locally, held))
        self._hold(held)

    async def _leave(self, ticket: Ticket, served: float | None) -> None:
        async with self._order:
            if self._held.pop(ticket.id, None) is None:
                return
            self._local.leave(ticket, served)
            given = {} if served is None else {"served": served}
            try:
                self._apply(await self._do("leave", ticket.key, id=ticket.id, **given))
            except RedisAway:
                self._fall_back()

    async def _snapshot(self, key: str) -> Snapshot:
        try:
            picture = await self._do("look", key)
        except RedisAway:
            return await self._local.snapshot(key)
        return pictures.snapshot(picture)

    async def _do(self, act: str, key: str, **given: Any) -> dict[str, Any]:
        lease = int(self._lease * 1000)
        text = json.dumps({"key": key, "lease": lease, "smoothing": SMOOTHING, **given})
        answer: dict[str, Any] = await self._redis.evaluate(
            SCRIPT, [PREFIX + key, CHANNEL], act, text
        )
        return answer

    def _hold(self, held: Held) -> None:
        self._held[held.ticket.id] = held
        self._keep_up(self._renew_for_ever)

    def _keep_up(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = self._tasks.get(work.__name__)
        if task is None or task.done():
            task = self._tasks[work.__name__] = asyncio.create_task(work())
            task.add_done_callback(_ended)

    async def _listen(self, key: str) -> None:
        """From here on no message is missed; the first one to come waits for that."""
        if self._subscribed.is_set():
            return
        await self._do("look", key)  # says at once if there is no Redis at all
        self._keep_up(self._follow_for_ever)
        try:
            async with asyncio.timeout(self._redis.patience):
                await self._subscribed.wait()
        except TimeoutError as error:
            self._redis.lost(error)
            raise RedisAway from error

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                with suppress(*ERRORS):
                    async with aclosing(self._redis.messages(CHANNEL)) as messages:
                        async for text in messages:
                            self._read(text)
            finally:
                self._subscribed.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    def _read(self, text: str | None) -> None:
        if text is None:
            self._subscribed.set()
            self._renew_now.set()  # and learn what was missed
        else:
            self._apply(json.loads(text))

    async def _renew_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease / 3):
                    await self._renew_now.wait()
            self._renew_now.clear()
            async with self._order:
                try:
                    for key in {held.ticket.key for held in self._held.values()}:
                        await self._renew(key)
                except RedisAway:
                    self._fall_back()

    async def _renew(self, key: str) -> None:
        """All places of this process in one line; those that are not there are entered again."""
        mine = [held for held in self._running_first() if held.ticket.key == key]
        tickets = [{**asdict(held.ticket), "running": held.running} for held in mine]
        picture = await self._do("renew", key, tickets=tickets)
        back = [held for held in mine if held.local]
        for held in back:
            held.local = False
        for held in back:
            self._local.leave(held.ticket, None)
        self._apply(picture)

    def _fall_back(self) -> None:
        """From Redis' lines to those of this process."""
        for held in self._running_first():
            if not held.local:
                held.local = not held.running
                tell = partial(self._hear_locally, held)
                self._local.adopt(held.ticket, tell, running=held.running)

    def _running_first(self) -> list[Held]:
        """They take up what the others wait for; otherwise those would get a turn too many."""
        return sorted(self._held.values(), key=lambda held: not held.running)

    def _apply(self, picture: dict[str, Any]) -> None:
        """Tell those of this process where they stand, unless something newer was told already."""
        key, born, version = picture["key"], picture["born"], picture["version"]
        seen = self._seen.get(key)
        if seen and seen[0] == born and version < seen[1]:
            return
        self._seen[key] = (born, version)
        standings = pictures.standings(picture)
        for held in [one for one in self._held.values() if one.ticket.key == key]:
            standing = standings.get(held.ticket.id)
            if standing is None:
                self._renew_now.set()
            elif not held.local:
                self._hear(held, standing)

    def _hear_locally(self, held: Held, standing: Standing) -> None:
        if held.local:
            self._hear(held, standing)

    def _hear(self, held: Held, standing: Standing) -> None:
        """Who has the turn keeps it, whatever an older picture says."""
        if held.running:
            return
        if standing.position == 0:
            held.running, held.local = True, False
        try:
            held.tell(standing)
        except RuntimeError:  # its loop is closed: nobody is there any more
            self._redis.submit(self._leave(held.ticket, None))


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        log.error("the queue lost touch with redis", exc_info=task.exception())
