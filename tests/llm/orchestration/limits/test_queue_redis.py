"""One line for several processes; killed ones; what happens while Redis is away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.orchestration.queue import FairQueue, QueueFull, open_queue
from llm.orchestration.queue.line import SMOOTHING, Line, Ticket
from llm.orchestration.queue.redis import CHANNEL, PREFIX, SCRIPT, RedisStore
from llm.orchestration.redis_thread import RedisThread
from tests.llm.orchestration.limits.callers import KEY, PATIENCE, Callers
from tests.llm.orchestration.limits.redis_server import RedisServer

pytestmark = pytest.mark.services
ROOT = Path(__file__).parents[4]
HOLDING = """
import asyncio, sys
from llm.orchestration.queue import open_queue

async def main():
    queue = open_queue(sys.argv[1], lease=float(sys.argv[3]))
    heard = lambda position, wait: print("position", position, flush=True)
    async with queue.place(sys.argv[2], user=sys.argv[4], organization="7", on_position=heard):
        print("turn", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""
WORKING = """
import asyncio, sys
import redis
from llm.orchestration.queue import open_queue

most = redis.Redis.from_url(sys.argv[1])

async def call(queue, user):
    async with queue.place(sys.argv[2], user=user, limit=2, waiting_limit=500, per_user_limit=500):
        print(most.incr("running"), flush=True)
        await asyncio.sleep(0.001)
        most.decr("running")

async def main():
    queue = open_queue(sys.argv[1])
    await asyncio.gather(*(call(queue, str(number % 5)) for number in range(60)))

asyncio.run(main())
"""


class Processes:
    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._all: list[subprocess.Popen[str]] = []

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, self._server.url, KEY, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._all.append(process)
        return process

    def end(self) -> None:
        for process in self._all:
            process.kill()
            process.communicate()


@pytest.fixture
def processes(redis_server: RedisServer) -> Iterator[Processes]:
    processes = Processes(redis_server)
    yield processes
    processes.end()


@pytest.fixture
async def queue(redis_server: RedisServer) -> AsyncIterator[FairQueue]:
    queue = open_queue(redis_server.url, lease=3.0)
    yield queue
    await queue.close()


@pytest.fixture
async def callers(queue: FairQueue) -> AsyncIterator[Callers]:
    callers = Callers(queue)
    yield callers
    await callers.end()


async def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return (await asyncio.to_thread(process.stdout.readline)).strip()


def finish(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


async def test_two_processes_stand_in_one_line(callers: Callers, processes: Processes) -> None:
    a0, a1 = await callers("a0", "a1")
    other = processes.start(HOLDING, "15", "b")
    assert await heard(other) == "position 1"
    await a1.at(2)
    await a0.finish()
    assert await heard(other) == "turn"
    await a1.at(1)
    finish(other)
    assert await asyncio.to_thread(other.wait, PATIENCE) == 0
    await a1.turn()


async def test_a_long_lease_is_given_back_at_the_end(
    callers: Callers, processes: Processes
) -> None:
    """The process ends with its turn: leaving is sent before that, not left to the lease."""
    other = processes.start(HOLDING, "3600", "b")
    assert await heard(other) == "turn"
    (a0,) = await callers("a0")
    assert a0.heard == [1]
    finish(other)
    await a0.turn()


@pytest.mark.parametrize("word", ["turn", "position 1"])
async def test_the_place_of_a_killed_process_is_free(
    callers: Callers, processes: Processes, word: str
) -> None:
    first = None
    if word != "turn":
        (first,) = await callers("z0")
    other = processes.start(HOLDING, "3", "b")
    assert await heard(other) == word
    (a0,) = await callers("a0")
    assert a0.heard == [2 if first else 1]
    other.kill()
    if first:
        await a0.at(1)
        await first.finish()
    await a0.turn()


async def test_leases_are_renewed(callers: Callers, redis_server: RedisServer) -> None:
    """Longer than a lease passes, and nobody is taken for dead."""
    _a0, b0 = await callers("a0", "b0")
    ends = lease_ends(redis_server)
    async with asyncio.timeout(PATIENCE):
        while min(lease_ends(redis_server)) <= max(ends) + 3000:
            await asyncio.sleep(0.05)
    assert b0.heard == [1]
    assert callers.turns == ["a0"]


def lease_ends(server: RedisServer) -> list[int]:
    line = json.loads(server.client.get(PREFIX + KEY))
    return [one["ends"] for one in [*line["running"], *line["waiting"]]]


async def test_never_more_than_the_limit_in_three_processes(
    processes: Processes, redis_server: RedisServer
) -> None:
    working = [processes.start(WORKING) for _number in range(3)]
    outputs = [(await asyncio.to_thread(one.communicate, timeout=120))[0] for one in working]
    counts = [int(line) for output in outputs for line in output.split()]
    assert len(counts) == 180
    assert max(counts) <= 2
    assert redis_server.client.get("running") == "0"


async def test_a_redis_that_forgot_everything(
    callers: Callers, redis_server: RedisServer, queue: FairQueue
) -> None:
    a0, a1, b0 = await callers("a0", "a1", "b0")
    redis_server.client.flushall()
    async with asyncio.timeout(PATIENCE):
        while (await queue.snapshot(KEY)).waiting < 2:
            await asyncio.sleep(0.01)
    assert (await queue.snapshot(KEY)).running == 1
    await a0.finish()
    await b0.turn()
    await b0.finish()
    await a1.finish()


async def test_who_is_missing_is_entered_again_at_once(redis_server: RedisServer) -> None:
    """As soon as anybody's change shows it, long before the lease is due."""
    queue = open_queue(redis_server.url, lease=3600)
    callers = Callers(queue)
    await callers("a0", "b0")
    redis_server.client.flushall()
    await callers("c0")
    async with asyncio.timeout(PATIENCE):
        while (snapshot := await queue.snapshot(KEY)).waiting < 1:
            await asyncio.sleep(0.01)
    assert snapshot.running == 2  # c0 could not know
    await callers.end()
    await queue.close()


async def test_messages_that_get_lost_are_made_up_for(
    callers: Callers, redis_server: RedisServer
) -> None:
    a0, b0 = await callers("a0", "b0")
    redis_server.client.client_kill_filter(_type="pubsub")
    await a0.finish()
    await b0.turn()
    (c0,) = await callers("c0")
    assert c0.heard == [1]
    await b0.finish()
    await c0.turn()


async def test_redis_goes_away_and_comes_back(own_redis: RedisServer) -> None:
    queue = FairQueue(RedisStore(RedisThread(own_redis.url, pause=0.05), lease=3.0))
    callers = Callers(queue)
    with structlog.testing.capture_logs() as logs:
        a0, a1, b0 = await callers("a0", "a1", "b0")
        own_redis.stop()
        (c0,) = await callers("c0")
        assert callers.turns == ["a0"]  # who has the turn keeps it, in the own line too
        (c1,) = await callers("c1")
        with pytest.raises(QueueFull):
            await callers("c2", per_user_limit=2)
        await a0.finish()
        await b0.turn()
        assert (await queue.snapshot(KEY)).running == 1
    assert any("redis is away" in one["event"] for one in logs)
    own_redis.start()
    await until_shared(own_redis, 4)
    (d0,) = await callers("d0")
    await b0.finish()
    for one in (a1, c0, d0, c1):
        await one.turn()
        assert (await queue.snapshot(KEY)).running == 1
        await one.finish()
    await callers.end()
    await queue.close()


async def until_shared(server: RedisServer, places: int) -> None:
    """The running one and the waiting ones have been entered in Redis' line."""
    async with asyncio.timeout(PATIENCE):
        while True:
            line = json.loads(server.client.get(PREFIX + KEY) or '{"running": [], "waiting": []}')
            if len(line["running"]) + len(line["waiting"]) == places:
                assert len(line["running"]) == 1
                return
            await asyncio.sleep(0.02)


async def test_no_redis_at_all(own_redis: RedisServer) -> None:
    own_redis.stop()
    queue = open_queue(own_redis.url)
    callers = Callers(queue)
    await callers(*(f"a{number}" for number in range(3)))
    await callers("b0")
    await callers.everybody_finishes()
    assert callers.turns == ["a0", "b0", "a1", "a2"]
    await queue.close()


async def test_a_redis_that_hangs(own_redis: RedisServer) -> None:
    queue = FairQueue(RedisStore(RedisThread(own_redis.url, patience=0.2), lease=3.0))
    callers = Callers(queue)
    a0, b0 = await callers("a0", "b0")
    own_redis.client.client_pause(600_000)
    (c0,) = await callers("c0")
    for one in (a0, b0, c0):
        await one.finish()
    await callers.end()
    await queue.close()


async def test_keys_expire(callers: Callers, redis_server: RedisServer) -> None:
    (a0,) = await callers("a0")
    await a0.finish()
    assert 0 < redis_server.client.ttl(PREFIX + KEY) <= 86400


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from("abcd"), st.sampled_from([1, 1, 1, 2, 3])),
        st.tuples(st.just("leave"), st.integers(0, 30), st.sampled_from([None, 0.5, 2.0, 8.0])),
    ),
    min_size=10,
    max_size=60,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_redis_does_what_memory_does(
    redis_server: RedisServer, steps: list[tuple[str, Any, Any]]
) -> None:
    redis_server.client.flushall()
    script, line, count = redis_server.client.register_script(SCRIPT), Line(), 0

    def in_redis(act: str, **arguments: Any) -> dict[str, Any]:
        text = {"key": KEY, "lease": 60_000, "smoothing": SMOOTHING, **arguments}
        answer: dict[str, Any] = json.loads(
            script([PREFIX + KEY, CHANNEL], [act, json.dumps(text)])
        )
        return answer

    for act, which, value in steps:
        refused = None
        if act == "join":
            ticket = Ticket(f"{which}{count}", KEY, which, value, 6, 4)
            count += 1
            try:
                line.join(ticket)
            except QueueFull as full:
                refused = "own" if full.own else "line"
            picture = in_redis("join", ticket=asdict(ticket))
        else:
            everybody = [*line.running, *line.waiting] or ["nobody"]
            one = everybody[which % len(everybody)]
            served = value if one in line.running else None
            line.leave(one, served)
            given_time = {} if served is None else {"served": served}
            picture = in_redis("leave", id=one, **given_time)
        assert picture.get("refused") == refused
        assert list(picture["running"]) == list(line.running)
        assert list(picture["waiting"]) == line.order()
        assert picture["limit"] == line.limit
        assert picture.get("service") == pytest.approx(line.service)
