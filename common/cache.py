"""The cache as a convenience: where it is away nothing is known, and nothing fails of it."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.cache import cache

log = structlog.get_logger(__name__)


def read(key: str) -> Any:
    """What is kept, or None."""
    try:
        return cache.get(key)
    except Exception as error:
        return _away(error)


def write(key: str, value: Any, seconds: float) -> None:
    try:
        cache.set(key, value, timeout=seconds)
    except Exception as error:
        _away(error)


async def aread(key: str) -> Any:
    try:
        return await cache.aget(key)
    except Exception as error:
        return _away(error)


async def awrite(key: str, value: Any, seconds: float) -> None:
    try:
        await cache.aset(key, value, timeout=seconds)
    except Exception as error:
        _away(error)


def _away(error: Exception) -> None:
    log.warning("the cache is away", error=f"{type(error).__name__}: {error}"[:200])
