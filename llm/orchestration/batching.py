"""Short visits to the database that come together are one visit.

Each visit from an event loop goes through one thread and opens a connection of its own; when a
hundred answers start at once, that alone would hold them up for half a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async

from llm.orchestration.alone import is_alone, shared

Q = TypeVar("Q")
R = TypeVar("R")


@dataclass
class _Desk(Generic[Q, R]):
    waiting: list[tuple[Q, asyncio.Future[R]]] = field(default_factory=list)
    clerk: asyncio.Task[None] | None = None


class Batched(Generic[Q, R]):
    """``await batched(question)``: who comes while a visit is under way shares the next one.

    ``visit`` gets the questions and returns as many answers, in their order. What it raises is
    raised to all who share it.
    """

    def __init__(self, visit: Callable[[Sequence[Q]], Sequence[R]]) -> None:
        self._visit = visit
        self._desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk[Q, R]]
        self._desks = WeakKeyDictionary()

    async def __call__(self, question: Q) -> R:
        if is_alone():
            # Not Channels' version: it would close the connection in the caller's transaction.
            answers = await sync_to_async(self._visit)([question])
            return answers[0]
        loop = asyncio.get_running_loop()
        desk = self._desks.setdefault(loop, _Desk())
        answer: asyncio.Future[R] = loop.create_future()
        desk.waiting.append((question, answer))
        if desk.clerk is None or desk.clerk.done():
            desk.clerk = loop.create_task(self._serve(desk), context=shared())
        return await answer

    async def _serve(self, desk: _Desk[Q, R]) -> None:
        while desk.waiting:
            batch, desk.waiting = desk.waiting, []
            questions = [question for question, _ in batch]
            try:
                answers = await database_sync_to_async(self._visit)(questions)
            except BaseException as error:
                _fail(batch, error)
                if not isinstance(error, Exception):
                    raise
            else:
                for (_, waiting), answer in zip(batch, answers, strict=True):
                    if not waiting.done():
                        waiting.set_result(answer)


def _fail(batch: Sequence[tuple[Q, asyncio.Future[R]]], error: BaseException) -> None:
    for _, waiting in batch:
        if waiting.done():
            continue
        if isinstance(error, Exception):
            waiting.set_exception(error)
        else:
            waiting.cancel()
