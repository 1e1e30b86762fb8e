"""The session's life, checked against the picture in words."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from wizard.dialogue import Event, IllegalTransition, Status, advance, allowed

PICTURE = """
INIT -> COLLECTING -> PLANNING -> CONFIRMING -> EXECUTING -> COMPLETED -> UNDONE
EXECUTING -> FAILED
CONFIRMING -> COLLECTING
CONFIRMING -> EXPIRED -> CONFIRMING
CONFIRMING -> STALE -> CONFIRMING
EXPIRED -> COLLECTING
STALE -> COLLECTING
FAILED -> CONFIRMING
FAILED -> COLLECTING
COLLECTING -> COMPLETED
COLLECTING -> COLLECTING
INIT -> CANCELLED
COLLECTING -> CANCELLED
PLANNING -> CANCELLED
CONFIRMING -> CANCELLED
EXPIRED -> CANCELLED
STALE -> CANCELLED
"""
EDGES = {
    pair
    for line in PICTURE.strip().splitlines()
    for names in [line.split(" -> ")]
    for pair in pairwise(names)
}


def outcome(status: Status, event: Event) -> Status | None:
    try:
        return advance(status, event)
    except IllegalTransition:
        return None


def test_the_table_allows_exactly_what_the_picture_shows() -> None:
    edges = {
        (status.value, after.value)
        for status, event in product(Status, Event)
        if (after := outcome(status, event))
    }

    assert edges == EDGES


def test_a_happy_life() -> None:
    status = Status.INIT
    for event in ("answer", "answer", "back", "known", "planned", "claim", "succeed", "undo"):
        status = advance(status, event)

    assert status is Status.UNDONE


def test_an_illegal_transition_has_its_name() -> None:
    with pytest.raises(IllegalTransition) as raised:
        advance("CANCELLED", "claim")

    assert raised.value.name == "CANCELLED -> claim"


@pytest.mark.parametrize("status", ["EXECUTING", "COMPLETED", "FAILED", "UNDONE", "CANCELLED"])
def test_nothing_is_cancelled_once_it_was_executed(status: str) -> None:
    assert Event.CANCEL not in allowed(status)


def test_only_a_plan_under_review_can_be_claimed() -> None:
    assert [status for status in Status if Event.CLAIM in allowed(status)] == [Status.CONFIRMING]
