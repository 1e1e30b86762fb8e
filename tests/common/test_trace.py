"""The trace of what runs: in by ``traceparent``, out by ``X-Trace-Id``, kept by a scope."""

from __future__ import annotations

import re
import threading

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from common import trace

GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"00-{GIVEN}-00f067aa0ba902b7-01", GIVEN),
        (f" 00-{GIVEN.upper()}-00F067AA0BA902B7-00 ", GIVEN),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", ""),
        (f"00-{GIVEN}-00f067aa0ba902b7", ""),
        (f"00-{GIVEN[:-1]}-00f067aa0ba902b7-01", ""),
        ("", ""),
        ("<script>", ""),
    ],
)
def test_a_traceparent_is_taken_only_when_it_is_one(header: str, expected: str) -> None:
    assert trace.parse_traceparent(header) == expected


@given(st.text(max_size=80))
def test_nothing_but_a_trace_id_comes_out(header: str) -> None:
    assert re.fullmatch(r"([0-9a-f]{32})?", trace.parse_traceparent(header))


def test_what_goes_out_can_be_taken_in() -> None:
    with trace.scope(origin="page", trace_id=GIVEN):
        assert trace.parse_traceparent(trace.traceparent()) == GIVEN


def test_scopes_nest_and_end() -> None:
    with trace.scope(origin="api", trace_id=GIVEN):
        with trace.scope(origin="plan", plan_sha256="abc"):
            assert (trace.origin(), trace.plan_sha256(), trace.trace_id()) == ("plan", "abc", GIVEN)
            with trace.scope(origin="job"):
                assert trace.plan_sha256() == "abc"
        assert (trace.origin(), trace.plan_sha256()) == ("api", "")


def test_threads_have_traces_of_their_own() -> None:
    seen: list[str] = []
    with trace.scope(origin="page", trace_id=GIVEN):
        thread = threading.Thread(target=lambda: seen.append(trace.trace_id()))
        thread.start()
        thread.join()
    assert seen != [GIVEN]


def test_an_answer_says_its_trace(db: None) -> None:
    answer = Client().get("/healthz", headers={"traceparent": f"00-{GIVEN}-00f067aa0ba902b7-01"})
    assert answer["X-Trace-Id"] == GIVEN
    fresh = {Client().get("/healthz")["X-Trace-Id"] for _number in range(2)}
    assert len(fresh) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", identifier) for identifier in fresh)
