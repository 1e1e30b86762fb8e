"""A download as server-sent events. It is looked at twice a second; nobody has to listen.

The row and not the channel layer is what is followed: it is the same in every process, and no
event can be missed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.utils.translation import gettext as _

from common.http import problems
from common.http.sse import HEARTBEAT, OPENING, event
from common.jobs.models import JobStatus
from common.realtime import drain
from llm.api.schemas import pull_json
from llm.models import ModelPull
from llm.pulling import progress_json

EVERY_SECONDS = 0.5
BEAT_SECONDS = 15.0
PATIENCE = 2.0
MOST = 20
"""Streams of one person at a time, in one process."""


@dataclass(eq=False)
class _Stream:
    user_id: int
    closing: asyncio.Event = field(default_factory=asyncio.Event)


_streams: set[_Stream] = set()


def count(user_id: int) -> int:
    return sum(1 for stream in list(_streams) if stream.user_id == user_id)


async def events(user_id: int, pull_id: UUID) -> AsyncIterator[bytes]:
    """``progress`` for every change, then ``done`` or ``error``. Comments keep it open."""
    stream = _Stream(user_id)
    _streams.add(stream)
    try:
        yield OPENING
        told, said_at = None, time.monotonic()
        while not stream.closing.is_set():
            pull = await _look(user_id, pull_id)
            if pull is None or not pull.is_active:
                yield _last(pull)
                return
            data = progress_json(pull)
            if data != told:
                told, said_at = data, time.monotonic()
                yield event("progress", data)
            elif time.monotonic() - said_at >= BEAT_SECONDS:
                said_at = time.monotonic()
                yield HEARTBEAT
            with suppress(TimeoutError):
                await asyncio.wait_for(stream.closing.wait(), EVERY_SECONDS)
    finally:
        _streams.discard(stream)


async def close_all() -> None:
    """Before the process ends: streams end in order, their followers may come again."""
    for stream in list(_streams):
        stream.closing.set()
    until = time.monotonic() + PATIENCE
    while _streams and time.monotonic() < until:
        await asyncio.sleep(0.02)


drain.register(close_all)


@database_sync_to_async  # type: ignore[untyped-decorator]
def _look(user_id: int, pull_id: UUID) -> ModelPull | None:
    """The download as it stands, as long as the person may see it."""
    rows = ModelPull.objects.filter(
        pk=pull_id, organization__users__pk=user_id, organization__users__is_active=True
    )
    return rows.select_related("job", "provider").first()


def _last(pull: ModelPull | None) -> bytes:
    if pull is None:
        return event("error", problems.body("NOT_FOUND"))
    if pull.state == JobStatus.SUCCEEDED:
        return event("done", pull_json(pull))
    reason: dict[str, Any] = (pull.job.error if pull.job else None) or {
        "code": "CANCELLED",
        "message": _("This was cancelled."),
    }
    return event("error", {**pull_json(pull), "code": reason["code"], "message": reason["message"]})
