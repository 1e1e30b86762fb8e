"""A site with one endless stream, served by our server: for the test of its end.

python -m tests.streaming <port> <file that notes how the stream ended>
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path

NOTES = Path(sys.argv[-1])


async def endless() -> AsyncIterator[bytes]:
    try:
        while True:
            yield b"data: still here\n\n"
            await asyncio.sleep(0.05)
    finally:
        note("stream closed")


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(endless(), content_type="text/event-stream")


async def drained() -> None:
    note("drained")


def note(text: str) -> None:
    with NOTES.open("a") as file:
        file.write(f"{text}\n")


urlpatterns = [path("stream", stream)]


def main(port: int) -> Any:
    import django
    from django.conf import settings

    settings.ROOT_URLCONF = "tests.streaming"
    settings.MIDDLEWARE = []
    django.setup()
    from django.core.asgi import get_asgi_application

    from common.realtime import drain
    from reportmanager.server import daphne

    drain.register(drained)
    return daphne.run(
        get_asgi_application(),
        "127.0.0.1",
        port,
        ready=lambda: None,
        stop=lambda: note("stopped"),
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reportmanager.settings")
    sys.exit(main(int(sys.argv[1])) or 0)
