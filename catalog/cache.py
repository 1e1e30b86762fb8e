"""Results kept for a while, by source version, query and what the reader may see.

The key carries the source's ``data_version``, so replacing or reconfiguring a source leaves its old
results behind. Two equal misses in one process run once.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.core.cache import caches

from catalog.connectors.registry import get as get_connector
from catalog.models import DataSource
from catalog.query.fingerprint import fingerprint
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery

FILE_SECONDS = 24 * 3600
DATABASE_SECONDS = 300
MAX_BYTES = 2 * 2**20
CACHE = "results"

_running: dict[str, tuple[threading.Lock, int]] = {}
_guard = threading.Lock()


def key_for(
    source: DataSource, query: ReportQuery | SqlQuery, context: dict[str, Any]
) -> tuple[str, int]:
    """The cache key and how long the result may live."""
    reader = [context["masked"], context["timezone"], context["today"]]
    text = json.dumps([source.pk, source.data_version, fingerprint(query), *reader])
    is_file = get_connector(source.kind).category == "file"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"result:{digest}", FILE_SECONDS if is_file else DATABASE_SECONDS


def get_or_run(key: tuple[str, int], compute: Callable[[], Result], *, refresh: bool) -> Result:
    """The kept result (``cached`` true), or a fresh one. ``refresh`` always runs."""
    name, seconds = key
    if not refresh and (hit := _read(name)):
        return hit
    with _alone(name):
        if not refresh and (hit := _read(name)):
            return hit
        result = compute()
        text = json.dumps(result.to_json())
        if len(text) <= MAX_BYTES:
            caches[CACHE].set(name, text, timeout=seconds)
        return result


def _read(name: str) -> Result | None:
    text = caches[CACHE].get(name)
    return replace(Result.from_json(json.loads(text)), cached=True) if text else None


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Only one thread of this process computes a key at a time."""
    with _guard:
        lock, waiting = _running.get(name, (threading.Lock(), 0))
        _running[name] = lock, waiting + 1
    try:
        with lock:
            yield
    finally:
        with _guard:
            lock, waiting = _running.pop(name)
            if waiting > 1:
                _running[name] = lock, waiting - 1
