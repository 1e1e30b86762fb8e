"""The breaker's rules, the same for the one in memory and the one in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from llm.orchestration.breaker import Breaker, BreakerOpen, Permit
from llm.providers.errors import RequestRefused, Unreachable
from tests.llm.orchestration.limits.circuits import KEY, Bench, in_memory, in_redis


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
async def bench(request: Any) -> AsyncIterator[Bench]:
    if request.param == "memory":
        bench = in_memory()
    else:
        bench = in_redis(request.getfixturevalue("redis_server"))
    yield bench
    await bench.breaker.close()


async def fail(breaker: Breaker, times: int = 1, reason: str = "refused") -> None:
    for _number in range(times):
        await (await breaker.enter(KEY)).failure(reason)


async def knock(breaker: Breaker) -> Permit | BreakerOpen:
    try:
        return await breaker.enter(KEY)
    except BreakerOpen as refusal:
        return refusal


async def refused(breaker: Breaker) -> BreakerOpen:
    answer = await knock(breaker)
    assert isinstance(answer, BreakerOpen)
    return answer


async def half_open(bench: Bench) -> None:
    await fail(bench.breaker, 3)
    bench.pass_time(5.5)
    assert (await bench.breaker.state(KEY)).state == "half_open"


def seconds(value: float) -> Any:
    """Redis' clock goes on while the test runs."""
    return pytest.approx(value, abs=2.0)


async def test_the_third_failure_opens_it(bench: Bench) -> None:
    await fail(bench.breaker, 2)
    assert (await bench.breaker.state(KEY)).state == "closed"
    assert (await bench.breaker.state(KEY)).failures == 2
    before = datetime.now(UTC)
    await fail(bench.breaker, reason="connection refused")
    refusal = await refused(bench.breaker)
    assert refusal.retry_after == seconds(5)
    assert refusal.reason == "connection refused"
    assert abs((refusal.since - before).total_seconds()) < 60
    state = await bench.breaker.state(KEY)
    assert (state.state, state.failures, state.reason) == ("open", 3, "connection refused")


async def test_failures_far_apart_do_not_open_it(bench: Bench) -> None:
    for _number in range(6):
        await fail(bench.breaker)
        bench.pass_time(31)
    assert (await bench.breaker.state(KEY)).state == "closed"
    await fail(bench.breaker, 2)
    assert (await bench.breaker.state(KEY)).state == "open"


async def test_successes_do_not_make_failures_unseen(bench: Bench) -> None:
    for _number in range(2):
        await fail(bench.breaker)
        await (await bench.breaker.enter(KEY)).success()
    await fail(bench.breaker)
    await refused(bench.breaker)


async def test_keys_do_not_know_each_other(bench: Bench) -> None:
    await fail(bench.breaker, 3)
    await (await bench.breaker.enter("ollama:other")).success()
    states = await bench.breaker.states([KEY, "ollama:other", "never:seen"])
    assert [states[key].state for key in states] == ["open", "closed", "closed"]
    assert await bench.breaker.states([]) == {}


async def test_one_probe_of_twenty_waiting_calls(bench: Bench) -> None:
    await half_open(bench)
    answers = await asyncio.gather(*(knock(bench.breaker) for _number in range(20)))
    passed = [answer for answer in answers if isinstance(answer, Permit)]
    assert len(passed) == 1
    assert passed[0].probe
    assert all(answer.retry_after > 0 for answer in answers if isinstance(answer, BreakerOpen))
    await passed[0].success()
    answers = await asyncio.gather(*(knock(bench.breaker) for _number in range(20)))
    assert all(isinstance(answer, Permit) for answer in answers)
    assert (await bench.breaker.state(KEY)).state == "closed"


async def test_pauses_grow_to_five_minutes_and_a_success_forgets_that(bench: Bench) -> None:
    await fail(bench.breaker, 3)
    for pause in (5, 10, 20, 40, 80, 160, 300, 300):
        assert (await refused(bench.breaker)).retry_after == seconds(pause)
        bench.pass_time(pause + 0.5)
        await fail(bench.breaker)
    bench.pass_time(301)
    assert (await bench.breaker.state(KEY)).failures == 11
    await (await bench.breaker.enter(KEY)).success()
    assert (await bench.breaker.state(KEY)).failures == 0
    await fail(bench.breaker, 3)
    assert (await refused(bench.breaker)).retry_after == seconds(5)


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 144), (0.5, 160), (1.0, 176)])
async def test_pauses_differ_by_a_tenth(bench: Bench, chance: float, pause: float) -> None:
    await fail(bench.breaker, 3)
    for _number in range(5):
        bench.chance[0] = chance
        bench.pass_time(100)
        await fail(bench.breaker)
    assert (await refused(bench.breaker)).retry_after == seconds(pause)


async def test_a_probe_that_never_reports_loses_its_turn(bench: Bench) -> None:
    await half_open(bench)
    lost = await bench.breaker.enter(KEY)
    bench.pass_time(85)
    await refused(bench.breaker)
    bench.pass_time(6)
    second = await bench.breaker.enter(KEY)
    assert second.probe
    await lost.success()
    assert (await bench.breaker.state(KEY)).state == "half_open"
    await lost.failure("late")
    await refused(bench.breaker)  # the second one still has the turn
    await second.success()
    assert (await bench.breaker.state(KEY)).state == "closed"


async def test_a_slow_probe_that_nobody_replaced_counts(bench: Bench) -> None:
    await half_open(bench)
    probe = await bench.breaker.enter(KEY)
    bench.pass_time(200)
    await probe.success()
    assert (await bench.breaker.state(KEY)).state == "closed"


async def test_a_probe_that_says_nothing_is_given_back(bench: Bench) -> None:
    await half_open(bench)
    first = await bench.breaker.enter(KEY)
    await first.release()
    second = await bench.breaker.enter(KEY)
    await first.success()  # ended: says nothing any more
    await first.failure("late")
    assert (await bench.breaker.state(KEY)).state == "half_open"
    await second.failure("still dead")
    assert (await refused(bench.breaker)).retry_after == seconds(10)


async def test_late_results_neither_close_nor_open(bench: Bench) -> None:
    early = [await bench.breaker.enter(KEY) for _number in range(8)]
    await fail(bench.breaker, 3)
    await early[0].success()
    await early[1].failure("late")
    assert (await refused(bench.breaker)).retry_after == seconds(5)
    bench.pass_time(5.5)
    probe = await bench.breaker.enter(KEY)
    await early[2].success()
    await early[3].failure("late")
    await refused(bench.breaker)
    await probe.success()
    for permit in early[4:]:
        await permit.failure("late")
    state = await bench.breaker.state(KEY)
    assert (state.state, state.failures) == ("closed", 0)


async def test_an_early_success_lets_others_go_and_a_later_cut_still_counts(bench: Bench) -> None:
    await half_open(bench)
    probe = await bench.breaker.enter(KEY)
    await probe.success()  # its first token came
    await (await bench.breaker.enter(KEY)).success()
    await probe.failure("the stream broke off")
    await probe.failure("the stream broke off")
    state = await bench.breaker.state(KEY)
    assert (state.state, state.failures) == ("closed", 1)
    await fail(bench.breaker, 2)
    await refused(bench.breaker)


async def test_the_block_reports_how_it_went(bench: Bench) -> None:
    for _number in range(3):
        with pytest.raises(Unreachable):
            async with await bench.breaker.enter(KEY):
                raise Unreachable("Nobody is at home.")
    assert (await refused(bench.breaker)).reason == "Nobody is at home."
    bench.pass_time(5.5)
    async with await bench.breaker.enter(KEY):
        pass
    assert (await bench.breaker.state(KEY)).state == "closed"


@pytest.mark.parametrize("error", [RequestRefused("No such model."), ValueError("our own bug")])
async def test_client_errors_do_not_count(bench: Bench, error: Exception) -> None:
    for _number in range(5):
        with pytest.raises(type(error)):
            async with await bench.breaker.enter(KEY):
                raise error
    assert (await bench.breaker.state(KEY)).failures == 0
    await half_open(bench)
    with pytest.raises(type(error)):
        async with await bench.breaker.enter(KEY):
            raise error
    assert (await bench.breaker.enter(KEY)).probe


async def test_a_cancelled_probe_is_given_back(bench: Bench) -> None:
    await half_open(bench)
    inside = asyncio.Event()

    async def call() -> None:
        async with await bench.breaker.enter(KEY):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await inside.wait()
    await refused(bench.breaker)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await bench.breaker.enter(KEY)).probe


async def test_reset_closes_it_by_hand(bench: Bench) -> None:
    early = await bench.breaker.enter(KEY)
    await fail(bench.breaker, 3)
    await bench.breaker.reset(KEY)
    await early.failure("late")
    state = await bench.breaker.state(KEY)
    assert (state.state, state.failures, state.since) == ("closed", 0, None)
    await fail(bench.breaker, 3)
    assert (await refused(bench.breaker)).retry_after == seconds(5)


async def test_any_reason_can_be_kept(bench: Bench) -> None:
    await fail(bench.breaker, 3, reason="\ud800 \x00 „ü“ " + "x" * 5000)
    reason = (await refused(bench.breaker)).reason
    assert "„ü“" in reason
    assert len(reason) == 300
