"""The same key, the same answer, one deed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import User
from common.http.problems import Problem
from common.idempotency import once


def request(user: int = 1, key: str = "k", path: str = "/api/v1/sources") -> HttpRequest:
    headers = {"Idempotency-Key": key} if key else {}
    made = RequestFactory().post(path, headers=headers)
    made.user = User(pk=user)
    return made


class Deed:
    """Something that must not happen twice."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        return {"id": self.times}


def test_a_repetition_gets_the_first_answer() -> None:
    deed = Deed()
    assert once(request(), deed) == once(request(), deed) == {"id": 1}
    assert deed.times == 1


def test_without_a_key_every_request_counts() -> None:
    deed = Deed()
    once(request(key=""), deed)
    once(request(key="  "), deed)
    assert deed.times == 2


def test_keys_belong_to_a_person_and_an_address() -> None:
    deed = Deed()
    once(request(), deed)
    once(request(user=2), deed)
    once(request(path="/api/v1/uploads"), deed)
    once(request(key="other"), deed)
    assert deed.times == 4


def test_a_deed_that_failed_may_be_tried_again() -> None:
    def fail() -> dict[str, Any]:
        raise Problem("FILE_REFUSED")

    with pytest.raises(Problem):
        once(request(), fail)
    assert once(request(), Deed()) == {"id": 1}


def test_while_the_first_is_at_work_the_second_is_told_so() -> None:
    begun, go_on = threading.Event(), threading.Event()
    answers: list[dict[str, Any]] = []

    def slow() -> dict[str, Any]:
        begun.set()
        go_on.wait(10)
        return {"id": "slow"}

    first = threading.Thread(target=lambda: answers.append(once(request(), slow)))
    first.start()
    assert begun.wait(10)
    deed = Deed()
    with pytest.raises(Problem) as caught:
        once(request(), deed)
    go_on.set()
    first.join()
    assert caught.value.code == "CONFLICT"
    assert deed.times == 0
    assert once(request(), deed) == answers[0] == {"id": "slow"}
