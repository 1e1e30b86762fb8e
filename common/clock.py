"""The clock of the product: one place that tests freeze."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return _frozen.get() or timezone.now()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Within the block ``now()`` answers ``moment``."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)
