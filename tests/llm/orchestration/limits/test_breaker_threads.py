"""One breaker for many threads with an event loop each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from llm.orchestration.breaker import Breaker, BreakerOpen, Permit
from tests.llm.orchestration.limits.circuits import KEY, Bench, in_memory, in_redis


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
def bench(request: Any) -> Iterator[Bench]:
    if request.param == "memory":
        bench = in_memory()
    else:
        bench = in_redis(request.getfixturevalue("redis_server"))
    yield bench
    asyncio.run(bench.breaker.close())


async def knock(breaker: Breaker) -> Permit | BreakerOpen:
    try:
        return await breaker.enter(KEY)
    except BreakerOpen as refusal:
        return refusal


async def fail(breaker: Breaker) -> None:
    answer = await knock(breaker)
    if isinstance(answer, Permit):
        await answer.failure("dead")


def at_once(threads: int, work: Any) -> list[Any]:
    """``work()`` in as many threads, each in a loop of its own that ends with it."""
    together = threading.Barrier(threads)

    def run(_number: int) -> Any:
        together.wait(30)
        return asyncio.run(work())

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_one_probe_of_twenty_threads(bench: Bench) -> None:
    at_once(10, lambda: fail(bench.breaker))
    assert asyncio.run(bench.breaker.state(KEY)).state == "open"
    for _round in range(5):
        bench.pass_time(301)
        answers = at_once(20, lambda: knock(bench.breaker))
        (probe,) = [answer for answer in answers if isinstance(answer, Permit)]
        asyncio.run(probe.failure("still dead"))  # in a loop that is not the one it began in
    bench.pass_time(301)
    answers = at_once(20, lambda: knock(bench.breaker))
    (probe,) = [answer for answer in answers if isinstance(answer, Permit)]
    asyncio.run(probe.success())
    assert all(isinstance(one, Permit) for one in at_once(20, lambda: knock(bench.breaker)))


def test_every_failure_counts_once(bench: Bench) -> None:
    permits = at_once(2, lambda: knock(bench.breaker))
    for permit in permits:
        asyncio.run(permit.failure("dead"))
        asyncio.run(permit.failure("dead"))
    assert asyncio.run(bench.breaker.state(KEY)).failures == 2
