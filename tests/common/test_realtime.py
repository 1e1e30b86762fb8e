"""The live socket on the real ASGI application: who may follow what, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.test import Client

from accounts.models import User
from common.jobs import submit
from common.jobs.models import Job
from common.realtime import apublish, drain, publish, publish_now, recheck_user, register_topic
from common.realtime.consumer import LiveConsumer
from common.realtime.topics import may_follow
from reportmanager import asgi
from tests.world import World, build_world

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = b"http://testserver"


@pytest.fixture
def settled_world(transactional_db: None) -> World:
    return build_world()


@pytest.fixture
async def connect(
    settled_world: World,
) -> AsyncIterator[Callable[..., Awaitable[WebsocketCommunicator]]]:
    opened: list[WebsocketCommunicator] = []

    async def connect(
        user: User | None, *, origin: bytes | None = ORIGIN, path: str = "/ws/live/"
    ) -> WebsocketCommunicator:
        headers = [(b"host", b"testserver")]
        if origin is not None:
            headers.append((b"origin", origin))
        if user is not None:
            headers.append((b"cookie", (await sync_to_async(_cookie)(user)).encode()))
        communicator = WebsocketCommunicator(asgi.websockets(), path, headers=headers)
        communicator.accepted, communicator.code = await communicator.connect()
        opened.append(communicator)
        return communicator

    yield connect
    for communicator in opened:
        await communicator.disconnect()


def _cookie(user: User) -> str:
    browser = Client()
    browser.force_login(user, backend="accounts.backends.EmailBackend")
    return f"sessionid={browser.cookies['sessionid'].value}"


async def say(socket: WebsocketCommunicator, **message: Any) -> dict[str, Any]:
    await socket.send_json_to(message)
    answer: dict[str, Any] = await socket.receive_json_from()
    return answer


async def closed(socket: WebsocketCommunicator) -> int:
    message = await socket.receive_output(timeout=5)
    assert message["type"] == "websocket.close"
    return int(message["code"])


@sync_to_async
def job_of(user: User) -> Job:
    from tests.common.jobs import kinds  # noqa: F401

    return submit("tests.refuse", user=user, organization=user.organization)


async def test_one_follows_ones_job(settled_world: World, connect: Any) -> None:
    job = await job_of(settled_world.alice)
    socket = await connect(settled_world.alice)
    assert await say(socket, type="subscribe", topic=job.topic) == {
        "type": "subscribed",
        "topic": job.topic,
    }
    await sync_to_async(publish_now)(job.topic, "progressed", {"done": 3})
    assert await socket.receive_json_from() == {
        "type": "event",
        "topic": job.topic,
        "event": "progressed",
        "data": {"done": 3},
    }
    await apublish(job.topic, "ended", {})
    assert (await socket.receive_json_from())["event"] == "ended"
    assert (await say(socket, type="unsubscribe", topic=job.topic))["type"] == "unsubscribed"
    await apublish(job.topic, "ended", {})
    assert await socket.receive_nothing()


async def test_the_job_itself_tells_its_followers(settled_world: World, connect: Any) -> None:
    from common.jobs import run_pending

    job = await job_of(settled_world.alice)
    socket = await connect(settled_world.amy)
    await say(socket, type="subscribe", topic=job.topic)
    assert await sync_to_async(run_pending)() == 1
    event = await socket.receive_json_from()
    assert (event["event"], event["data"]["status"]) == ("ended", "failed")
    assert event["data"]["error"]["message"] == "The file has no rows."


async def test_strangers_and_peers_are_refused(settled_world: World, connect: Any) -> None:
    job = await job_of(settled_world.alice)
    for user in (settled_world.charlie, settled_world.carl, settled_world.bob):
        socket = await connect(user)
        answer = await say(socket, type="subscribe", topic=job.topic)
        assert answer["type"] == "refused"
        await apublish(job.topic, "progressed", {})
        assert await socket.receive_nothing()


@pytest.mark.parametrize(
    "topic",
    ["job:nonsense", "job:00000000-0000-0000-0000-000000000000", "nothing:1", "job", "job:*", ""],
)
async def test_topics_that_do_not_exist_are_refused(
    settled_world: World, connect: Any, topic: str
) -> None:
    socket = await connect(settled_world.amy)
    assert (await say(socket, type="subscribe", topic=topic))["type"] == "refused"


async def test_without_login_the_socket_is_closed(connect: Any) -> None:
    socket = await connect(None)
    assert socket.accepted
    assert await closed(socket) == 4401


@pytest.mark.parametrize("origin", [b"https://evil.example", None, b"null"])
async def test_foreign_pages_cannot_open_it(
    settled_world: World, connect: Any, origin: bytes | None
) -> None:
    socket = await connect(settled_world.alice, origin=origin)
    assert not socket.accepted


async def test_other_addresses_are_refused(settled_world: World, connect: Any) -> None:
    assert not (await connect(settled_world.alice, path="/ws/nothing/")).accepted


async def test_websockets_can_be_switched_off(
    settled_world: World, connect: Any, settings: Any
) -> None:
    settings.ENABLE_WEBSOCKET = False
    assert not (await connect(settled_world.alice)).accepted


@pytest.mark.parametrize("how", ["deactivated", "logged out", "new password"])
async def test_who_has_to_leave_leaves(settled_world: World, connect: Any, how: str) -> None:
    socket = await connect(settled_world.alice)
    await say(socket, type="subscribe", topic="nothing:1")  # it is up
    await sync_to_async(remove)(settled_world.alice, how)
    assert await closed(socket) == 4401


def remove(user: User, how: str) -> None:
    if how == "deactivated":
        User.objects.filter(pk=user.pk).update(is_active=False)
    elif how == "new password":
        user.set_password("another-long-password")
        user.save()
    else:
        from django.contrib.sessions.models import Session

        Session.objects.all().delete()
    recheck_user(user.pk)


async def test_a_revoked_member_hears_no_more(settled_world: World, connect: Any) -> None:
    """Nobody tells the socket: it asks again by itself."""
    allowed = {"yes"}
    register_topic("revocable", lambda user, key: key in allowed)
    LiveConsumer.recheck_seconds, before = 0.1, LiveConsumer.recheck_seconds
    try:
        socket = await connect(settled_world.alice)
        assert (await say(socket, type="subscribe", topic="revocable:yes"))["type"] == "subscribed"
        allowed.clear()
        assert await socket.receive_json_from(timeout=5) == {
            "type": "refused",
            "topic": "revocable:yes",
        }
        await apublish("revocable:yes", "changed", {})
        assert await socket.receive_nothing()
    finally:
        LiveConsumer.recheck_seconds = before


async def test_too_many_topics_are_refused(settled_world: World, connect: Any) -> None:
    register_topic("open", lambda user, key: True)
    socket = await connect(settled_world.alice)
    answers = [await say(socket, type="subscribe", topic=f"open:{n}") for n in range(21)]
    assert [answer["type"] for answer in answers] == ["subscribed"] * 20 + ["refused"]
    assert (await say(socket, type="subscribe", topic="open:0"))["type"] == "subscribed"


async def test_a_large_message_closes_the_socket(settled_world: World, connect: Any) -> None:
    socket = await connect(settled_world.alice)
    await socket.send_to(text_data="x" * 5000)
    assert await closed(socket) == 4413


async def test_a_flood_closes_the_socket(settled_world: World, connect: Any) -> None:
    socket = await connect(settled_world.alice)
    for _number in range(200):
        await socket.send_json_to({"type": "subscribe", "topic": "nothing:1"})
    while (message := await socket.receive_output(timeout=5))["type"] != "websocket.close":
        pass
    assert message["code"] == 4408


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"type": "subscribe"}', "[" * 4000])
async def test_nonsense_is_answered(settled_world: World, connect: Any, text: str) -> None:
    socket = await connect(settled_world.alice)
    await socket.send_to(text_data=text)
    assert (await socket.receive_json_from())["type"] == "error"


async def test_publish_waits_for_the_commit(settled_world: World, connect: Any) -> None:
    register_topic("open", lambda user, key: True)
    socket = await connect(settled_world.alice)
    await say(socket, type="subscribe", topic="open:1")
    await sync_to_async(publish_and_roll_back)()
    await sync_to_async(publish)("open:1", "kept", {})
    assert (await socket.receive_json_from())["event"] == "kept"


def publish_and_roll_back() -> None:
    with transaction.atomic():
        publish("open:1", "undone", {})
        transaction.set_rollback(True)


def test_topics_ask_nobody_for_the_inactive(settled_world: World) -> None:
    register_topic("open", lambda user, key: True)
    assert may_follow(settled_world.alice, "open:1")
    settled_world.alice.is_active = False
    assert not may_follow(settled_world.alice, "open:1")


async def test_drains_run_to_their_end_and_cannot_hold_up_the_rest() -> None:
    seen: list[str] = []

    async def good() -> None:
        seen.append("good")

    async def bad() -> None:
        raise RuntimeError("no")

    async def endless() -> None:
        await asyncio.sleep(3600)

    before = list(drain._drains)
    try:
        for function in (good, bad, endless):
            drain.register(function)
        await drain.finish(seconds=0.2)
    finally:
        drain._drains[:] = before
    assert seen == ["good"]
