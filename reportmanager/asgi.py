"""The ASGI application: pages and API by Django, websockets behind origin check and session."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reportmanager.settings")
http = get_asgi_application()  # before anything that imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from common.realtime.routing import websocket_urlpatterns  # noqa: E402


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """No websocket at this address: 403 at the handshake instead of a stack trace."""
    await receive()
    await send({"type": "websocket.close"})


def websockets() -> Any:
    if not settings.ENABLE_WEBSOCKET:
        return refuse
    nothing_here: Any = refuse
    routes = [*websocket_urlpatterns, re_path(r"", nothing_here)]
    return AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes)))


application = ProtocolTypeRouter({"http": http, "websocket": websockets()})
