"""``Idempotency-Key`` on creating requests: the same key, the same answer, one deed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from common.http.problems import Problem

SECONDS = 24 * 3600
_BUSY = "busy"


def once(request: HttpRequest, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """``make()``, or the answer it gave when this user sent this key to this address before.

    While the first request is still at work a second one is told so (409). A deed that failed
    leaves nothing behind: the key can be used again.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return make()
    digest = hashlib.sha256(f"{request.user.pk}:{request.path}:{key}".encode()).hexdigest()
    name = f"idempotency:{digest}"
    if not cache.add(name, _BUSY, timeout=300):
        answer = cache.get(name)
        if isinstance(answer, dict):
            return answer
        raise Problem("CONFLICT", "A request with this Idempotency-Key is still at work.")
    try:
        answer = make()
    except BaseException:
        cache.delete(name)
        raise
    cache.set(name, answer, timeout=SECONDS)
    return answer
