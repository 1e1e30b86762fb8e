"""``/ws/live/``: one socket a page, any number of topics up to a limit.

    → {"type": "subscribe", "topic": "job:<id>"}     ← {"type": "subscribed" | "refused", "topic"}
    → {"type": "unsubscribe", "topic": "job:<id>"}   ← {"type": "unsubscribed", "topic"}
    ← {"type": "event", "topic", "event", "data"}    ← {"type": "error", "message"}

Close codes: 4401 not logged in (any more), 4408 too many messages, 4413 message too large.
(1009 would be the standard's own, but an application may only send 1000 and 3000 to 4999.)
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

import structlog
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _

from common import trace
from common.realtime import publishing
from common.realtime.topics import group_of, group_of_user, may_follow

log = structlog.get_logger(__name__)
NOT_LOGGED_IN, TOO_MANY, TOO_LARGE = 4401, 4408, 4413


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Transport only: topics say who may follow them, and are asked again every half minute."""

    topics_limit = 20
    message_bytes = 4096
    burst = 60
    messages_per_second = 10.0
    recheck_seconds = 30.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = dict(scope.get("headers", ()))
        given = trace.parse_traceparent(headers.get(b"traceparent", b"").decode("latin-1"))
        with trace.scope(origin="page", trace_id=given or trace.new_trace_id()):
            return await super().__call__(scope, receive, send)

    async def connect(self) -> None:
        self.topics: set[str] = set()
        self.user: Any = None
        self.allowance, self.counted_at = float(self.burst), time.monotonic()
        self.watch: asyncio.Task[None] | None = None
        await self.accept()
        # Accepted first: only then does the browser see why it was closed.
        self.user = await self._current_user()
        if self.user is None:
            await self.close(NOT_LOGGED_IN)
            return
        publishing.serve_on(asyncio.get_running_loop())
        await self.channel_layer.group_add(group_of_user(self.user.pk), self.channel_name)
        self.watch = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self.watch:
            self.watch.cancel()
        if self.user is not None:
            await self.channel_layer.group_discard(group_of_user(self.user.pk), self.channel_name)
        for topic in self.topics:
            await self.channel_layer.group_discard(group_of(topic), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.user is None:
            return
        if text_data is None or len(text_data) > self.message_bytes:
            await self.close(TOO_LARGE)
        elif not self._allowed():
            await self.close(TOO_MANY)
        else:
            await self._answer(_parse(text_data))

    async def live_event(self, message: dict[str, Any]) -> None:
        if message["topic"] in self.topics:
            await self._say("event", **{key: message[key] for key in ("topic", "event", "data")})

    async def live_recheck(self, message: dict[str, Any]) -> None:
        await self._recheck()

    async def _answer(self, message: dict[str, Any]) -> None:
        topic = message.get("topic")
        if message.get("type") not in {"subscribe", "unsubscribe"} or not isinstance(topic, str):
            await self._say("error", message=_("This message is not understood."))
        elif message["type"] == "unsubscribe":
            await self._leave(topic, "unsubscribed")
        elif topic in self.topics:
            await self._say("subscribed", topic=topic)
        elif len(self.topics) >= self.topics_limit:
            await self._say("refused", topic=topic, message=_("This page follows too much."))
        elif await self._may_follow(topic):
            self.topics.add(topic)
            await self.channel_layer.group_add(group_of(topic), self.channel_name)
            await self._say("subscribed", topic=topic)
        else:
            await self._say("refused", topic=topic)

    async def _leave(self, topic: str, word: str) -> None:
        if topic in self.topics:
            self.topics.discard(topic)
            await self.channel_layer.group_discard(group_of(topic), self.channel_name)
        await self._say(word, topic=topic)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.recheck_seconds)
            try:
                await self._recheck()
            except DatabaseError as error:
                log.warning("a live socket could not be checked", error=str(error)[:200])

    async def _recheck(self) -> None:
        """The session may have ended, and rights may have been taken away since."""
        user = await self._current_user()
        if user is None or user.pk != self.user.pk:
            await self.close(NOT_LOGGED_IN)
            return
        self.user = user
        for topic in sorted(self.topics):
            if not await self._may_follow(topic):
                await self._leave(topic, "refused")

    async def _current_user(self) -> Any:
        """The active user of this session as the database knows it now, or None."""
        session = self.scope.get("session")
        if session is None or not session.session_key:
            return None
        store = import_module(settings.SESSION_ENGINE).SessionStore
        user = await get_user({"session": store(session.session_key)})
        return user if user.is_authenticated and user.is_active else None

    async def _may_follow(self, topic: str) -> bool:
        return bool(await database_sync_to_async(may_follow)(self.user, topic))

    async def _say(self, word: str, **content: Any) -> None:
        # The other side may have gone while we asked the database.
        with suppress(RuntimeError):
            await self.send(text_data=json.dumps({"type": word, **content}))

    def _allowed(self) -> bool:
        """A bucket that refills at ``messages_per_second``."""
        now = time.monotonic()
        refill = (now - self.counted_at) * self.messages_per_second
        self.allowance = min(float(self.burst), self.allowance + refill)
        self.counted_at = now
        self.allowance -= 1
        return self.allowance >= 0


def _parse(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
