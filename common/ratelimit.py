"""Rate limits in fixed windows, through Redis or memory (Django's cache)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache

from common.http.problems import Problem

SECONDS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    limit: int
    seconds: int


def user_rules() -> list[Rule]:
    return [Rule(name, limit, SECONDS[name]) for name, limit in settings.RATE_LIMITS.items()]


def charge(scope: str, key: str, rules: Iterable[Rule] | None = None) -> None:
    """Count one deed of ``key`` in ``scope``; raises ``RATE_LIMITED`` with ``Retry-After``.

    All rules are looked at before any is charged, so a refused deed costs nothing.
    """
    moment = time.time()
    counters = [
        (rule, f"rate:{scope}:{key}:{rule.seconds}:{int(moment // rule.seconds)}")
        for rule in (user_rules() if rules is None else rules)
    ]
    counts = cache.get_many([name for _rule, name in counters])
    waits = [
        rule.seconds - moment % rule.seconds
        for rule, name in counters
        if counts.get(name, 0) >= rule.limit
    ]
    if waits:
        wait = max(1, math.ceil(max(waits)))
        raise Problem(
            "RATE_LIMITED",
            f"Try again in {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )
    for rule, name in counters:
        if not cache.add(name, 1, timeout=rule.seconds + 1):
            cache.incr(name)
