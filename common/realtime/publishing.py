"""Bring events to the channel layer from any thread.

The in-memory layer belongs to the event loop that serves the sockets, so a thread hands its event
to that loop. With Redis, a process without sockets keeps one loop of its own for publishing.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from common.realtime.topics import group_of, group_of_user

log = structlog.get_logger(__name__)
PATIENCE = 2.0

_serving: asyncio.AbstractEventLoop | None = None
_own: tuple[int, asyncio.AbstractEventLoop] | None = None
_lock = threading.Lock()
_tasks: set[asyncio.Task[None]] = set()


def publish(topic: str, event: str, data: dict[str, Any]) -> None:
    """Tell those who follow ``topic``, once the current transaction has committed."""
    transaction.on_commit(lambda: publish_now(topic, event, data))


def publish_now(topic: str, event: str, data: dict[str, Any]) -> None:
    """Tell them at once. Losing an event never harms the caller: the page can be reloaded."""
    _send(group_of(topic), _message(topic, event, data))


async def apublish(topic: str, event: str, data: dict[str, Any]) -> None:
    """The same from code on the event loop."""
    await _deliver(group_of(topic), _message(topic, event, data))


def recheck_user(user_id: Any) -> None:
    """Ask again, after commit, whether this user's open sockets may stay and what they follow."""
    transaction.on_commit(lambda: _send(group_of_user(user_id), {"type": "live.recheck"}))


def serve_on(loop: asyncio.AbstractEventLoop) -> None:
    """Sockets of this process live on ``loop``."""
    global _serving
    _serving = loop


def _message(topic: str, event: str, data: dict[str, Any]) -> dict[str, Any]:
    plain = json.loads(json.dumps(data, cls=DjangoJSONEncoder))
    return {"type": "live.event", "topic": topic, "event": event, "data": plain}


async def _deliver(group: str, message: dict[str, Any]) -> None:
    try:
        await get_channel_layer().group_send(group, message)
    except Exception as error:
        log.warning("event lost", group=group, error=f"{type(error).__name__}: {error}"[:200])


def _send(group: str, message: dict[str, Any]) -> None:
    loop = _loop()
    if loop is None:
        return
    try:
        on_the_loop = asyncio.get_running_loop() is loop
    except RuntimeError:
        on_the_loop = False
    if on_the_loop:
        task = loop.create_task(_deliver(group, message))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        return
    delivery = _deliver(group, message)
    try:
        future = asyncio.run_coroutine_threadsafe(delivery, loop)
    except RuntimeError:  # the loop was closed just now: nobody listens any more
        delivery.close()
        return
    if settings.REDIS_URL:
        _wait(future, group)


def _wait(future: Any, group: str) -> None:
    """A process may end right after its last event, so that it has to have left."""
    try:
        future.result(timeout=PATIENCE)
    except FutureTimeout:
        log.warning("event lost", group=group, error="the channel layer takes too long")


def _loop() -> asyncio.AbstractEventLoop | None:
    """The loop to deliver on; None when nobody in reach can be listening."""
    if _serving is not None and _serving.is_running():
        return _serving
    return _own_loop() if settings.REDIS_URL else None


def _own_loop() -> asyncio.AbstractEventLoop:
    """A loop in a thread of this process; a forked child makes its own."""
    global _own
    with _lock:
        if _own is None or _own[0] != os.getpid():
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="publishing", daemon=True).start()
            _own = (os.getpid(), loop)
        return _own[1]
