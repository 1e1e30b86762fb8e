"""Nobody keeps all query children busy."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from catalog.connectors import turns
from catalog.connectors.turns import NoTurn, Turns

ANNA, OTTO = ("user:1", "organization:1"), ("user:2", "organization:1")
STRANGER = ("user:9", "organization:2")


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.1)


def test_a_user_leaves_two_and_an_organisation_one() -> None:
    children = Turns(4)
    with ExitStack() as held:
        for holders in (ANNA, ANNA, OTTO):
            held.enter_context(children.take(holders))
        for holders in (ANNA, OTTO):
            with pytest.raises(NoTurn), children.take(holders):
                pass
        held.enter_context(children.take(STRANGER))
    with children.take(ANNA), children.take(ANNA):
        pass


def test_one_child_is_still_a_turn_for_everybody() -> None:
    children = Turns(1)
    with children.take(ANNA), children.take(STRANGER):
        pass


def test_who_waits_goes_on_when_a_turn_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 30.0)
    children, went_on = Turns(2), threading.Event()

    def second() -> None:
        with children.take(ANNA):
            went_on.set()

    with children.take(ANNA):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not went_on.wait(0.2)
    assert went_on.wait(10)
    waiting.join()


def test_a_wait_that_is_no_longer_wanted_ends() -> None:
    children = Turns(2)
    with children.take(ANNA), children.take(ANNA, cancelled=lambda: True):
        pass
