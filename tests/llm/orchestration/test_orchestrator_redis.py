"""The same with the breaker and the queue in a real Redis, from several processes' places."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from asgiref.sync import async_to_sync

from llm.orchestration.breaker import open_breaker
from llm.orchestration.machinery import Machinery, using
from llm.orchestration.queue import open_queue
from llm.orchestrator import Failed, Finished, Queued, run_now, stream
from llm.providers.base import Text
from llm.standin import StandIn, endless, fails, holds, running, says
from tests.llm.orchestration.desk import Desk, chats, heard
from tests.llm.orchestration.limits.redis_server import RedisServer, program

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RedisServer(program(), tmp_path_factory.mktemp("redis"))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def processes(url: str) -> Iterator[tuple[Machinery, Machinery]]:
    """What two processes have."""
    both = tuple(Machinery(open_breaker(url), open_queue(url)) for _ in range(2))
    yield both
    for each in both:
        async_to_sync(each.queue.close)()
        async_to_sync(each.breaker.close)()


async def test_processes_take_turns(
    desk: Desk, server: StandIn, processes: tuple[Machinery, Machinery]
) -> None:
    one, other = processes
    await desk.aprovider(server.url, parallel=1)
    server.script(holds(after=1))
    with using(one):
        first = asyncio.create_task(heard(desk.ask()))
        await server.wait_until(lambda: len(chats(server)) == 1)
    with using(other):
        second = asyncio.create_task(heard(desk.ask(user=desk.world.bob)))
        await asyncio.sleep(0.2)
        assert len(chats(server)) == 1
        server.script(says("Your turn."))
        server.release()
        await first
        told = await second
    assert any(isinstance(event, Queued) and event.position == 1 for event in told)
    assert isinstance(told[-1], Finished)


async def test_what_fails_in_one_is_left_alone_by_the_other(
    desk: Desk, server: StandIn, processes: tuple[Machinery, Machinery]
) -> None:
    one, other = processes
    await desk.aprovider(server.url)
    server.script(fails(500))
    with using(one):
        for _ in range(3):
            await heard(desk.ask())
    with using(other):
        last = (await heard(desk.ask()))[-1]
    assert isinstance(last, Failed)
    assert "Too many calls" in last.message
    assert len(chats(server)) == 3


async def test_stopping_frees_the_place_for_all(
    desk: Desk, server: StandIn, processes: tuple[Machinery, Machinery]
) -> None:
    one, other = processes
    await desk.aprovider(server.url, parallel=1)
    server.script(endless(rate=100))
    with using(one):
        async with aclosing(stream(desk.ask())) as events:
            async for event in events:
                if isinstance(event, Text):
                    break
    await server.wait_until(lambda: server.closed_early == 1)
    server.script(says("Mine."))
    with using(other):
        last = (await heard(desk.ask(user=desk.world.bob)))[-1]
    assert isinstance(last, Finished)


def test_jobs_in_threads(desk: Desk, processes: tuple[Machinery, Machinery]) -> None:
    with running(says("Hello.")) as server, using(processes[0]):
        desk.provider(server.url)
        for _ in range(2):
            assert run_now(desk.ask(model="llama3.2:latest")).text == "Hello."
