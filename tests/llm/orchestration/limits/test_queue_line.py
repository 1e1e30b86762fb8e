"""Who goes next: the line as a value."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from llm.orchestration.queue.line import Line, QueueFull, Snapshot, Ticket


def ticket(name: str, *, limit: int = 1, waiting: int = 50, own: int = 50) -> Ticket:
    """``name``: the user and a number, as in "a1"."""
    return Ticket(name, "key", name[0], limit, waiting, own)


def join(line: Line, *names: str, limit: int = 1) -> None:
    for name in names:
        line.join(ticket(name, limit=limit))


def turns(line: Line) -> list[str]:
    """Everybody who has or gets a turn, in this order."""
    order = []
    while line.running:
        name = next(iter(line.running))
        order.append(name)
        line.leave(name, 1.0)
    return order


def test_ten_of_one_user_and_one_of_another() -> None:
    line = Line()
    join(line, *(f"a{number}" for number in range(10)), "b0")
    assert line.order()[:2] == ["b0", "a1"]
    assert turns(line)[:3] == ["a0", "b0", "a1"]


def test_users_take_turns() -> None:
    line = Line()
    join(line, "a0", "a1", "a2", "b0", "b1", "c0", "c1", "b2")
    assert turns(line) == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2"]


def test_who_comes_late_makes_up_for_nothing() -> None:
    line = Line()
    join(line, "a0", "a1", "a2", "a3")
    for number in range(2):
        line.leave(f"a{number}", 1.0)
    join(line, "b0", "b1")
    assert turns(line) == ["a2", "b0", "a3", "b1"]


def test_who_was_alone_for_long_owes_nothing() -> None:
    line = Line()
    for number in range(100):
        join(line, f"a{number}")
        line.leave(f"a{number}", 1.0)
    join(line, "b0", "a100", "b1", "c0")
    assert turns(line) == ["b0", "a100", "c0", "b1"]


def test_who_leaves_gives_the_turn_to_the_rest_of_his_own() -> None:
    line = Line()
    join(line, "x0", "a0", "a1", "b0", "b1")
    line.leave("a0", None)
    assert line.order() == ["a1", "b0", "b1"]


def test_a_cancelled_backlog_is_forgotten() -> None:
    line = Line()
    join(line, "x0", *(f"a{number}" for number in range(9)))
    for number in range(9):
        line.leave(f"a{number}", None)
    join(line, "b0", "b1", "a9")
    assert line.order() == ["b0", "a9", "b1"]


def test_the_newest_limit_wins() -> None:
    line = Line()
    join(line, "a0", "b0", "c0")
    assert list(line.running) == ["a0"]
    join(line, "d0", limit=3)
    assert list(line.running) == ["a0", "b0", "c0"]
    join(line, "e0", limit=1)
    line.leave("a0", 1.0)
    line.leave("b0", 1.0)
    assert list(line.running) == ["c0"]
    line.leave("c0", 1.0)
    assert list(line.running) == ["d0"]


def test_a_refused_request_still_brings_its_limit() -> None:
    line = Line()
    join(line, "a0", "b0", "c0")
    with pytest.raises(QueueFull):
        line.join(ticket("a1", limit=2, own=1))
    assert list(line.running) == ["a0", "b0"]


def test_full_for_all_and_full_for_one() -> None:
    line = Line()
    line.join(ticket("a0", waiting=2, own=2))
    line.join(ticket("a1", waiting=2, own=2))
    with pytest.raises(QueueFull) as own:
        line.join(ticket("a2", waiting=2, own=2))
    assert own.value.own
    assert own.value.retry_after == 5
    line.join(ticket("b0", waiting=2, own=2))
    with pytest.raises(QueueFull) as full:
        line.join(ticket("c0", waiting=2, own=2))
    assert not full.value.own
    assert line.order() == ["b0", "a1"]


def test_nobody_may_wait() -> None:
    line = Line()
    line.join(ticket("a0", waiting=0))
    with pytest.raises(QueueFull):
        line.join(ticket("b0", waiting=0))
    line.leave("a0", 1.0)
    line.join(ticket("b0", waiting=0))
    assert list(line.running) == ["b0"]


def test_rough_wait() -> None:
    line = Line()
    join(line, "a0", "b0")
    assert line.standings()["b0"].wait is None
    line.leave("a0", 10.0)
    join(line, "c0", "d0")
    assert [line.standings()[name].wait for name in ("c0", "d0")] == [10.0, 20.0]
    assert line.snapshot() == Snapshot(running=1, waiting=2, limit=1, rough_wait=30.0)
    line.leave("b0", 20.0)
    assert line.service == pytest.approx(13.0)  # leans towards what is recent
    join(line, "e0", limit=2)
    assert line.standings()["e0"].wait == pytest.approx(6.5)
    with pytest.raises(QueueFull) as full:
        line.join(ticket("f0", limit=2, waiting=1))
    assert full.value.retry_after == pytest.approx(6.5)


def test_a_free_place_costs_no_wait() -> None:
    assert Line().snapshot() == Snapshot(running=0, waiting=0, limit=1, rough_wait=0.0)


class Everybody(RuleBasedStateMachine):
    """Users join and leave as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.count = 0
        self.limit = 1
        self.began: list[str] = []
        self.here: list[str] = []

    @rule(user=st.sampled_from("abcd"), limit=st.sampled_from([1, 1, 1, 2, 4]))
    def joins(self, user: str, limit: int) -> None:
        name = f"{user}{self.count}"
        self.count += 1
        self.limit = limit
        try:
            self.line.join(ticket(name, limit=limit, waiting=8, own=4))
        except QueueFull:
            pass
        else:
            self.here.append(name)
        self._note()

    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        if self.here:
            name = data.draw(st.sampled_from(self.here))
            self.here.remove(name)
            self.line.leave(name, 1.0 if name in self.line.running else None)
            self._note()

    @invariant()
    def nobody_is_lost_and_no_turn_is_wasted(self) -> None:
        line = self.line
        assert sorted([*line.running, *line.waiting]) == sorted(self.here)
        assert not line.waiting or len(line.running) >= self.limit
        assert len(line.waiting) <= 8

    @invariant()
    def first_come_first_served_within_a_user(self) -> None:
        order = self.line.order()
        for user in "abcd":
            own = [int(name[1:]) for name in order if name[0] == user]
            assert own == sorted(own)

    @invariant()
    def next_of_each_user_before_second_of_any_who_came_as_early(self) -> None:
        """One who waits with nothing else is passed by every other user once at most."""
        order = self.line.order()
        for position, name in enumerate(order):
            mine = [other for other in order if other[0] == name[0]]
            if mine == [name] and not any(one[0] == name[0] for one in self.line.running):
                ahead = [other[0] for other in order[:position]]
                assert all(ahead.count(user) <= 2 for user in "abcd")

    def _note(self) -> None:
        allowed = max(self.limit, len([one for one in self.began if one in self.line.running]))
        assert len(self.line.running) <= allowed
        self.began = list(self.line.running)


Everybody.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestEverybody = Everybody.TestCase


@given(
    sizes=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 8), min_size=2),
    limit=st.integers(1, 4),
    shuffled=st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_while_two_users_wait_they_alternate(
    sizes: dict[str, int], limit: int, shuffled: random.Random
) -> None:
    names = [f"{user}{number}" for user, size in sizes.items() for number in range(size)]
    shuffled.shuffle(names)
    line = Line()
    before = [f"x{number}" for number in range(limit)]
    join(line, *before, *names, limit=limit)  # so that all the others wait
    order = turns(line)[limit:]
    assert sorted(order) == sorted(names)
    for first, second in combinations(sizes, 2):
        left, balance = dict(sizes), 0
        for name in order:
            if not (left[first] and left[second]):
                break
            left[name[0]] -= 1
            balance += (name[0] == first) - (name[0] == second)
            assert abs(balance) <= 1
