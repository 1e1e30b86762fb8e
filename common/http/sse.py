"""Server-sent events: an answer that goes on, and ends with its generator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from django.http import StreamingHttpResponse

CONTENT_TYPE = "text/event-stream"
OPENING = b": ok\n\n"
"""Sent first: servers hold the headers back until there is a first piece of the body."""
HEARTBEAT = b": still here\n\n"


class EventStream(StreamingHttpResponse):
    """Closed with its generator. Django's own iterates over it, so that a generator whose client
    has left would live on until it is collected."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        super().__init__(
            events,
            content_type=CONTENT_TYPE,
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterator  # type: ignore[attr-defined,no-any-return]


def event(name: str, data: dict[str, Any]) -> bytes:
    """One event; JSON has no line breaks of its own."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
