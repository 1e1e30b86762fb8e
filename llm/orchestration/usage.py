"""The record of calls: written behind the answer's back, never in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Model

from accounts.models import User
from common import clock
from llm.metrics import CallRecord, call_ended
from llm.models import ModelCall, Provider
from llm.orchestration.alone import belongs_here
from llm.orchestration.batching import Batched

log = structlog.get_logger(__name__)
BATCH = 1000
_later: WeakKeyDictionary[asyncio.AbstractEventLoop, set[asyncio.Task[None]]] = WeakKeyDictionary()


def keep(records: Sequence[CallRecord]) -> None:
    """Tell the hooks now, and write the rows soon. Never waits and never fails."""
    for record in records:
        call_ended(record)
    if records:
        later(partial(_write_soon, list(records)))


def later(work: Callable[[], Awaitable[None]]) -> None:
    """Do it beside the caller, who may be on the way out. What fails is logged."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        log.warning("nothing can be recorded: the event loop has ended")
        return
    task = loop.create_task(_guarded(work))
    going = _later.setdefault(loop, set())
    going.add(task)
    task.add_done_callback(going.discard)
    belongs_here(task)


async def settled() -> None:
    """Once everything that this event loop does ``later`` is done."""
    while going := _later.get(asyncio.get_running_loop()):
        await asyncio.wait(going)


def forget_old_calls() -> int:
    """Delete rows older than ``LLM_CALL_DAYS``, some at a time; how many they were."""
    limit = clock.now() - timedelta(days=settings.LLM_CALL_DAYS)
    old = ModelCall.objects.filter(created_at__lt=limit).order_by("pk")
    forgotten = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        forgotten += ModelCall.objects.filter(pk__in=ids).delete()[0]
    return forgotten


def _write(batches: Sequence[Sequence[CallRecord]]) -> list[None]:
    """All at once; where that fails each for itself, so that one harms no other."""
    try:
        _write_all([each for batch in batches for each in batch])
    except DatabaseError:
        for batch in batches:
            _write_one(batch)
    return [None] * len(batches)


def _write_one(batch: Sequence[CallRecord]) -> None:
    try:
        _write_all(batch)
    except DatabaseError as error:
        log.warning("could not be recorded", error=f"{type(error).__name__}: {error}"[:300])


def _write_all(records: Sequence[CallRecord]) -> None:
    """Whom and what a call was of may be gone by now. Looked up before: the database may notice
    only at the end of the caller's transaction, which must not fail for this."""
    users = _there(User, {each.user_id for each in records})
    providers = _there(Provider, {each.provider_id for each in records})
    rows = [_row(each) for each in records]
    for row in rows:
        row.user_id = row.user_id if row.user_id in users else None
        row.provider_id = row.provider_id if row.provider_id in providers else None
    with transaction.atomic():
        ModelCall.objects.bulk_create(rows)


def _there(kind: type[Model], ids: set[Any]) -> set[Any]:
    return set(kind._default_manager.filter(pk__in=ids - {None}).values_list("pk", flat=True))


_write_soon = Batched(_write)


def _row(record: CallRecord) -> ModelCall:
    fields = asdict(record)
    del fields["kind"]
    return ModelCall(**fields)


async def _guarded(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception as error:
        log.warning("could not be recorded", error=f"{type(error).__name__}: {error}"[:300])
