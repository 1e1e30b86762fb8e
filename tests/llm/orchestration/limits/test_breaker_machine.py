"""Any sequence of calls, reports and waiting: what must hold, and Redis does the same as memory."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from llm.orchestration.breaker import BreakerOpen, Permit, Rules
from tests.llm.orchestration.limits.circuits import KEY, Bench, in_memory, in_redis
from tests.llm.orchestration.limits.redis_server import RedisServer

T = TypeVar("T")
RULES = Rules()
WAITS = [0.5, 4.0, 6.0, 30.0, 61.0, 95.0, 400.0]
# Never exactly at a border, where Redis' clock, which goes on meanwhile, would decide.
ODD_WAITS = [0.713, 4.137, 6.331, 30.239, 61.717, 95.911, 400.373]


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The breaker in memory never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("it waited")


class Circuit(RuleBasedStateMachine):
    """Permits are remembered with the number of changes (openings, closings) seen at their time.

    What a change is follows from the visible state alone: the model knows no generation.
    """

    def __init__(self) -> None:
        super().__init__()
        bench = in_memory()
        self.breaker, self.pass_time = bench.breaker, bench.pass_time
        self.now = 0.0
        self.closed = True
        self.failed: list[float] = []
        self.pause, self.opened_at = 5.0, 0.0
        self.probe: Permit | None = None
        self.probe_until = 0.0
        self.ordinary: list[Permit] = []
        self.stale: list[Permit] = []

    @rule()
    def enter(self) -> None:
        free = self.probe is None or self.now >= self.probe_until
        may = self.closed or (self.now >= self.opened_at + self.pause and free)
        if not may:
            with pytest.raises(BreakerOpen) as refusal:
                at_once(self.breaker.enter(KEY))
            assert 0 < refusal.value.retry_after <= RULES.longest_pause
            return
        permit = at_once(self.breaker.enter(KEY))
        assert permit.probe is not self.closed
        if self.closed:
            self.ordinary.append(permit)
            return
        if self.probe is not None:
            self.stale.append(self.probe)
        self.probe, self.probe_until = permit, self.now + RULES.probe_lease

    @rule(how=st.sampled_from(["success", "failure", "release"]), data=st.data())
    def an_ordinary_call_ends(self, how: str, data: st.DataObject) -> None:
        if not self.ordinary:
            return
        number = data.draw(st.integers(0, len(self.ordinary) - 1))
        self._report(self.ordinary.pop(number), how)
        if how == "failure":
            self.failed.append(self.now)
            if len(self._recent()) >= RULES.failures:
                self.closed, self.failed, self.pause, self.opened_at = False, [], 5.0, self.now
                self._all_are_stale()

    @rule(how=st.sampled_from(["success", "failure", "release"]))
    def the_probe_ends(self, how: str) -> None:
        if self.probe is None:
            return
        probe, self.probe = self.probe, None
        self._report(probe, how)
        if how == "success":
            self.closed = True
            self.ordinary.append(probe)
        elif how == "failure":
            self.pause, self.opened_at = min(self.pause * 2, RULES.longest_pause), self.now

    @rule(how=st.sampled_from(["success", "failure", "release"]), data=st.data())
    def a_late_call_ends(self, how: str, data: st.DataObject) -> None:
        if self.stale:
            self._report(self.stale.pop(data.draw(st.integers(0, len(self.stale) - 1))), how)

    @rule(seconds=st.sampled_from(WAITS))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.pass_time(seconds)

    @rule()
    def reset(self) -> None:
        if not self.closed or self._recent():  # else there is nothing to begin anew
            at_once(self.breaker.reset(KEY))
            self.closed, self.failed = True, []
            self._all_are_stale()

    @invariant()
    def looks_like_that(self) -> None:
        state = at_once(self.breaker.state(KEY))
        if self.closed:
            assert (state.state, state.failures) == ("closed", len(self._recent()))
        elif self.now < self.opened_at + self.pause:
            assert state.state == "open"
            assert state.retry_after == pytest.approx(self.opened_at + self.pause - self.now)
        else:
            assert (state.state, state.retry_after) == ("half_open", 0)

    def _report(self, permit: Permit, how: str) -> None:
        if how == "failure":
            at_once(permit.failure("dead"))
        else:
            at_once(getattr(permit, how)())

    def _recent(self) -> list[float]:
        return [at for at in self.failed if at > self.now - RULES.window]

    def _all_are_stale(self) -> None:
        self.stale += self.ordinary
        self.ordinary = []
        if self.probe is not None:
            self.stale.append(self.probe)
            self.probe = None


Circuit.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestCircuit = Circuit.TestCase

STEPS = st.lists(
    st.one_of(
        st.just(("enter", 0)),
        st.tuples(st.sampled_from(["success", "failure", "failure", "release"]), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.sampled_from(ODD_WAITS)),
    ),
    min_size=20,
    max_size=60,
)


async def replay(bench: Bench, steps: list[tuple[str, Any]]) -> list[Any]:
    """What a page would see after each step."""
    seen: list[Any] = []
    permits: list[Permit] = []
    for act, number in steps:
        if act == "enter":
            try:
                permits.append(await bench.breaker.enter(KEY))
            except BreakerOpen:
                seen.append("refused")
        elif act == "wait":
            bench.pass_time(number)
        elif permits:
            permit = permits[number % len(permits)]
            await (permit.failure("dead") if act == "failure" else getattr(permit, act)())
        state = await bench.breaker.state(KEY)
        seen.append((state.state, state.failures, state.reason))
    return seen


@pytest.mark.services
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_redis_does_what_memory_does(
    redis_server: RedisServer, steps: list[tuple[str, Any]]
) -> None:
    redis_server.client.flushall()
    shared = in_redis(redis_server)

    async def both() -> tuple[list[Any], list[Any]]:
        return await replay(in_memory(), steps), await replay(shared, steps)

    memory, redis = asyncio.run(both())
    asyncio.run(shared.breaker.close())
    assert redis == memory
