"""One breaker for several processes, and what happens while Redis is away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from llm.orchestration.breaker import Breaker, BreakerOpen, Permit, Rules, open_breaker
from llm.orchestration.breaker.redis import PREFIX, RedisStore
from llm.orchestration.redis_thread import RedisThread
from tests.llm.orchestration.limits.circuits import KEY, Bench, in_redis
from tests.llm.orchestration.limits.redis_server import RedisServer

pytestmark = pytest.mark.services
ROOT = Path(__file__).parents[4]
KNOCKING = """
import asyncio, sys
from llm.orchestration.breaker import BreakerOpen, open_breaker

async def knock(breaker):
    try:
        return await breaker.enter(sys.argv[2])
    except BreakerOpen:
        return None

async def main():
    breaker = open_breaker(sys.argv[1])
    await breaker.state(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    permits = [one for one in await asyncio.gather(*(knock(breaker) for _ in range(10))) if one]
    print(len(permits), flush=True)
    if sys.stdin.readline().strip() == "success":
        for permit in permits:
            await permit.success()

asyncio.run(main())
"""


@pytest.fixture
async def bench(redis_server: RedisServer) -> AsyncIterator[Bench]:
    bench = in_redis(redis_server)
    yield bench
    await bench.breaker.close()


async def fail(breaker: Breaker, times: int = 3) -> None:
    for _number in range(times):
        await (await breaker.enter(KEY)).failure("dead")


def knocking(server: RedisServer) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", KNOCKING, server.url, KEY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


async def test_one_probe_of_three_processes(bench: Bench, redis_server: RedisServer) -> None:
    await fail(bench.breaker)
    bench.pass_time(6)
    processes = [knocking(redis_server) for _number in range(3)]
    try:
        assert [heard(process) for process in processes] == ["ready"] * 3
        for process in processes:
            tell(process, "go")
        assert sorted(int(heard(process)) for process in processes) == [0, 0, 1]
        with pytest.raises(BreakerOpen):
            await bench.breaker.enter(KEY)
        for process in processes:
            tell(process, "success")
            assert process.wait(30) == 0  # and the report has left before it ended
        assert (await bench.breaker.state(KEY)).state == "closed"
    finally:
        for process in processes:
            process.kill()
            process.communicate()


async def test_another_process_sees_the_same(bench: Bench, redis_server: RedisServer) -> None:
    other = open_breaker(redis_server.url)
    await fail(bench.breaker, 2)
    await (await other.enter(KEY)).failure("dead too")
    for breaker in (bench.breaker, other):
        state = await breaker.state(KEY)
        assert (state.state, state.reason) == ("open", "dead too")
    await other.reset(KEY)
    assert (await bench.breaker.state(KEY)).state == "closed"
    await other.close()


async def test_keys_expire(bench: Bench, redis_server: RedisServer) -> None:
    await (await bench.breaker.enter(KEY)).success()
    assert redis_server.client.keys() == []  # a model that never failed leaves nothing
    await fail(bench.breaker)
    (name,) = redis_server.client.keys()
    assert 3600 <= redis_server.client.ttl(name) <= 4000


async def test_cancelled_while_asking_gives_the_probe_back(
    bench: Bench, redis_server: RedisServer
) -> None:
    await fail(bench.breaker)
    bench.pass_time(6)
    for _number in range(10):
        task = asyncio.create_task(bench.breaker.enter(KEY))
        await asyncio.sleep(0)  # it has asked, the answer is on its way
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    probe = await eventually_enter(bench.breaker)
    assert probe.probe


async def eventually_enter(breaker: Breaker) -> Permit:
    async with asyncio.timeout(30):
        while True:
            try:
                return await breaker.enter(KEY)
            except BreakerOpen:
                await asyncio.sleep(0.01)


async def test_redis_goes_away_in_mid_call(own_redis: RedisServer) -> None:
    breaker = open_breaker(own_redis.url)
    with structlog.testing.capture_logs() as logs:
        permits = [await breaker.enter(KEY) for _number in range(4)]
        await permits[0].success()
        own_redis.stop()
        for permit in permits[1:]:
            await permit.failure("dead")  # counts in this process
        state = await breaker.state(KEY)
        assert (state.state, state.reason) == ("open", "dead")
        with pytest.raises(BreakerOpen):
            await breaker.enter(KEY)
        await (await breaker.enter("ollama:other")).success()
    warnings = [one for one in logs if one["log_level"] == "warning"]
    assert len(warnings) == 1
    assert "redis is away" in warnings[0]["event"]
    await breaker.close()


async def test_no_redis_at_all(own_redis: RedisServer) -> None:
    own_redis.stop()
    breaker = open_breaker(own_redis.url)
    await fail(breaker)
    with pytest.raises(BreakerOpen):
        await breaker.enter(KEY)
    await breaker.reset(KEY)
    await (await breaker.enter(KEY)).release()
    await breaker.close()


async def test_redis_comes_back(own_redis: RedisServer) -> None:
    redis = RedisThread(own_redis.url, pause=0.0)
    breaker = Breaker(RedisStore(redis, Rules(failures=1)))
    own_redis.stop()
    alone = await breaker.enter(KEY)
    own_redis.start()
    shared = await breaker.enter(KEY)
    await alone.failure("dead")  # where it was let in
    assert (await breaker.state(KEY)).state == "closed"
    await shared.failure("dead")
    assert (await breaker.state(KEY)).state == "open"
    assert json.loads(own_redis.client.get(PREFIX + KEY))["openings"] == 1
    await breaker.close()


async def test_a_redis_that_says_no(own_redis: RedisServer) -> None:
    """Full, or read-only: it is there, but does nothing for us."""
    breaker = open_breaker(own_redis.url)
    own_redis.client.config_set("maxmemory", "1")
    await fail(breaker)
    with pytest.raises(BreakerOpen):
        await breaker.enter(KEY)
    await breaker.close()


def test_callers_whose_loop_ends_at_once(redis_server: RedisServer, caplog: Any) -> None:
    """Jobs run a short-lived loop each; the answer may come when it is closed."""
    breaker = open_breaker(redis_server.url)

    async def ask() -> None:
        task = asyncio.ensure_future(breaker.enter(KEY))
        await asyncio.sleep(0)
        task.cancel()

    for _number in range(20):
        asyncio.run(ask())
    assert asyncio.run(breaker.state(KEY)).state == "closed"
    asyncio.run(breaker.close())
    assert not caplog.records
