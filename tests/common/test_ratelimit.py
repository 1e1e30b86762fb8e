"""Rate limits: all rules are asked before any is charged."""

from __future__ import annotations

import re
from typing import Any

import pytest

from common import ratelimit
from common.http.problems import Problem
from common.ratelimit import Rule, charge

# Windows so long that no test runs across the end of one.
FEW, MANY = Rule("few", 2, 10**9), Rule("many", 5, 2 * 10**9)


def refused(*arguments: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        charge(*arguments)
    return caught.value


def test_the_limit_is_a_limit() -> None:
    charge("query", "1", [FEW])
    charge("query", "1", [FEW])
    assert refused("query", "1", [FEW]).code == "RATE_LIMITED"


def test_a_refusal_says_when_to_come_back_in_whole_seconds() -> None:
    rule = Rule("hour", 1, 3600)
    charge("query", "1", [rule])
    problem = refused("query", "1", [rule])
    wait = problem.headers["Retry-After"]
    assert re.fullmatch(r"\d+", wait)
    assert 1 <= int(wait) <= 3600
    assert wait in problem.detail


def test_what_is_refused_costs_nothing() -> None:
    """The narrow rule refuses; the wide one is not used up by that."""
    charge("query", "1", [FEW, MANY])
    charge("query", "1", [FEW, MANY])
    for _number in range(20):
        refused("query", "1", [FEW, MANY])
    for _number in range(3):
        charge("query", "1", [MANY])
    refused("query", "1", [MANY])


def test_the_order_of_the_rules_does_not_matter() -> None:
    charge("query", "1", [FEW])
    charge("query", "1", [FEW])
    refused("query", "1", [MANY, FEW])
    for _number in range(5):
        charge("query", "1", [MANY])


def test_people_and_scopes_are_counted_apart() -> None:
    charge("query", "1", [FEW])
    charge("query", "1", [FEW])
    charge("query", "2", [FEW])
    charge("chat", "1", [FEW])


def test_the_rules_come_from_the_settings(settings: Any) -> None:
    settings.RATE_LIMITS = {"second": 3, "minute": 60, "hour": 1000}
    assert [(rule.limit, rule.seconds) for rule in ratelimit.user_rules()] == [
        (3, 1),
        (60, 60),
        (1000, 3600),
    ]
