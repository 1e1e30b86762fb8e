"""Several web processes need Redis: without it they would not hear of each other's events."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def many_processes_need_redis(**_: Any) -> list[CheckMessage]:
    text = os.environ.get("WEB_CONCURRENCY", "").strip() or "1"
    if settings.REDIS_URL or (text.isdigit() and int(text) <= 1):
        return []
    return [
        Error(
            f"WEB_CONCURRENCY is {text!r}, but without REDIS_URL only one web process can run.",
            hint="Set REDIS_URL, or WEB_CONCURRENCY=1.",
            id="jobs.E001",
        )
    ]
