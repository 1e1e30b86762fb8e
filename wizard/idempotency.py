"""``Idempotency-Key``: the same key of the same user gets the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from common.http.problems import Problem

KEPT_SECONDS = 24 * 3600
RUNNING_SECONDS = 60
LONGEST = 255
Answer = dict[str, Any]


def once(request: HttpRequest, deed: Callable[[], Answer]) -> Answer:
    """The answer of ``deed``, done once a key. A failure is not kept: it may be tried again."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return deed()
    if len(key) > LONGEST:
        raise Problem("VALIDATION_FAILED", _("The Idempotency-Key is too long."))
    name, body = _name(request, key), hashlib.sha256(request.body).hexdigest()
    if not cache.add(name, {"body": body}, RUNNING_SECONDS):
        return _kept(name, body)
    try:
        answer = deed()
    except BaseException:
        cache.delete(name)
        raise
    cache.set(name, {"body": body, "answer": answer}, KEPT_SECONDS)
    return answer


def _name(request: HttpRequest, key: str) -> str:
    digest = hashlib.sha256(f"{request.path}\n{key}".encode()).hexdigest()
    return f"idempotency:{request.user.pk}:{digest}"


def _kept(name: str, body: str) -> Answer:
    known = cache.get(name) or {}
    if known.get("body", body) != body:
        raise Problem("CONFLICT", _("This Idempotency-Key was used for another request."))
    if "answer" not in known:
        raise Problem("CONFLICT", _("The first request with this key is still running."))
    answer: Answer = known["answer"]
    return answer
