"""What has to end in order before the process does: running generations, open streams."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)
Drain = Callable[[], Awaitable[None]]

_drains: list[Drain] = []


def register(drain: Drain) -> None:
    """``await drain()`` runs on the event loop at shutdown, before sockets are closed."""
    if drain not in _drains:
        _drains.append(drain)


async def run(*, seconds: float = 5.0) -> None:
    """Finish what is registered, then end every other task of the loop."""
    await finish(seconds=seconds)
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=3)


async def finish(*, seconds: float = 5.0) -> None:
    """All drains side by side; what takes longer than ``seconds`` is left behind."""
    tasks = [asyncio.ensure_future(_guarded(drain)) for drain in _drains]
    if not tasks:
        return
    _done, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()


async def _guarded(drain: Drain) -> None:
    try:
        await drain()
    except Exception:
        log.exception("a drain failed", drain=getattr(drain, "__qualname__", repr(drain)))
