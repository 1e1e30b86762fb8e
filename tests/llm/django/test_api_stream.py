"""A download that is followed: server-sent events, and what becomes of those who leave."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.test import AsyncClient

from accounts.models import ApiToken, User
from llm import actions
from llm.api import following
from llm.models import ModelPull, Provider
from llm.standin import Running, disk_full, pullable
from tests.llm.django.pulling import MB, parsed
from tests.world import World, build_world

URL = "/api/v1/models/pull"


@pytest.fixture
def world(transactional_db: None) -> World:
    return build_world()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "EVERY_SECONDS", 0.05)


class Stream:
    """The events of an answer, one after the other."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self._parts = aiter(response.streaming_content)

    async def next(self) -> tuple[str, Any]:
        part = await asyncio.wait_for(anext(self._parts), 20)
        return parsed(part.decode())

    async def until(self, *names: str) -> Any:
        while True:
            name, data = await self.next()
            if name in names:
                return data

    async def ended(self) -> bool:
        try:
            await asyncio.wait_for(anext(self._parts), 20)
        except StopAsyncIteration:
            return True
        return False

    async def leave(self) -> None:
        await self._parts.aclose()  # type: ignore[attr-defined]


async def follow(user: User, name: str = "tiny") -> Stream:
    client = AsyncClient()
    await client.aforce_login(user, backend="accounts.backends.EmailBackend")
    body = json.dumps({"name": name})
    response = await client.post(URL, body, content_type="application/json")
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/event-stream"
    assert response["X-Accel-Buffering"] == "no"
    return Stream(response)


async def test_progress_and_the_end(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("tiny", 6 * MB, rate=6 * MB))
    stream = await follow(world.amy)
    assert await stream.next() == ("comment", "ok")
    seen = []
    while True:
        name, data = await stream.next()
        if name != "progress":
            break
        seen.append(data)
    assert name == "done"
    assert (data["state"], data["completed"]) == ("succeeded", 6 * MB)
    assert len(seen) > 2
    assert [each["completed"] for each in seen] == sorted(each["completed"] for each in seen)
    assert await stream.ended()


async def test_what_goes_wrong_is_an_event(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(disk_full("tiny", 6 * MB, at=MB))
    told = await (await follow(world.amy)).until("error", "done")
    assert (told["code"], told["state"], told["canResume"]) == ("MODEL_FAILED", "failed", True)
    assert "disk of the model server is full" in told["message"]


class Visit:
    """A request as a server brings it to the application, which hears when the client leaves."""

    def __init__(self, user: User, name: str) -> None:
        _row, token = ApiToken.issue(user=user, name="t", scopes=["write"], expires_at=None)
        headers = {
            "host": "testserver",
            "content-type": "application/json",
            "authorization": f"Bearer {token}",
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": URL,
            "query_string": b"",
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        }
        self.body = json.dumps({"name": name}).encode()
        self.application = ApplicationCommunicator(get_asgi_application(), scope)

    async def read_until(self, text: bytes) -> None:
        if self.body:
            await self.application.send_input({"type": "http.request", "body": self.body})
            self.body = b""
        while text not in (await self.application.receive_output(20)).get("body", b""):
            pass

    async def leave(self) -> None:
        await self.application.send_input({"type": "http.disconnect"})
        await self.application.wait(20)


async def test_leaving_does_not_cancel(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("tiny", 6 * MB, hold_at=MB))
    visit = await sync_to_async(Visit)(world.amy, "tiny")
    await visit.read_until(b"event: progress")
    assert following.count(world.amy.pk) == 1
    await visit.leave()
    assert following.count(world.amy.pk) == 0
    again = await follow(world.amy)
    while (await again.until("progress"))["completed"] != MB:
        pass
    pulled = [request.outcome for request in server.requests if request.path == "/api/pull"]
    assert pulled == ["open"]
    server.release()
    assert (await again.until("done"))["completed"] == 6 * MB


async def test_a_cancellation_ends_it(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("tiny", 6 * MB, hold_at=MB))
    stream = await follow(world.amy)
    told = await stream.until("progress")
    pull = await ModelPull.objects.select_related("job").aget(pk=told["id"])
    await sync_to_async(actions.cancel_pull)(actor=world.amy, pull=pull)
    assert (await stream.until("error", "done"))["code"] == "CANCELLED"


async def test_silence_is_filled(world: World, own: Provider, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "BEAT_SECONDS", 0.2)
    stream = await follow(world.amy)  # nobody carries jobs: it stays queued
    assert (await stream.until("progress"))["state"] == "queued"
    assert await stream.next() == ("comment", "still here")
    await stream.leave()


async def test_who_is_shut_out_hears_no_more(world: World, own: Provider) -> None:
    stream = await follow(world.amy)
    await stream.until("progress")
    await User.objects.filter(pk=world.amy.pk).aupdate(is_active=False)
    assert (await stream.until("error"))["code"] == "NOT_FOUND"
    assert await stream.ended()


async def test_not_without_bounds(world: World, own: Provider, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "MOST", 1)
    stream = await follow(world.amy)
    await stream.next()
    client = AsyncClient()
    await client.aforce_login(world.amy, backend="accounts.backends.EmailBackend")
    answer = await client.post(URL, json.dumps({"name": "x"}), content_type="application/json")
    assert answer.status_code == 429
    await stream.leave()


async def test_streams_end_before_the_process(world: World, own: Provider) -> None:
    stream = await follow(world.amy)
    await stream.until("progress")
    closing = asyncio.create_task(following.close_all())
    assert await stream.ended()
    await closing
