"""Whether a request was made by code that is not asynchronous and waits for it.

Such a request shares no work with others of its event loop: its database visits belong into the
caller's own thread, which may be inside a transaction, and others could wait for a thread that
waits for them. It also ends only when what it left to be recorded is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context, ContextVar

_tasks: ContextVar[set[asyncio.Task[None]] | None] = ContextVar("llm_alone", default=None)


def is_alone() -> bool:
    return _tasks.get() is not None


def shared() -> Context:
    """What work is done in that several share: in the name of none of them."""
    return Context()


def belongs_here(task: asyncio.Task[None]) -> None:
    """The request, if it is alone, does not end before ``task``."""
    if (mine := _tasks.get()) is not None:
        mine.add(task)
        task.add_done_callback(mine.discard)


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    mine: set[asyncio.Task[None]] = set()
    token = _tasks.set(mine)
    try:
        yield
    finally:
        while mine:
            await asyncio.wait(mine)
        _tasks.reset(token)
