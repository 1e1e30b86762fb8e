"""Problems, as JSON to programs and as pages to people; answers to htmx."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from common import trace
from common.http import htmx, problems
from common.http.codes import CODES
from tests.world import World


def request(path: str = "/reports/", **headers: str) -> Any:
    made = RequestFactory().get(path, headers=headers)
    made.htmx = HtmxDetails(made)
    made.user = AnonymousUser()
    return made


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_answered_both_ways(code: str, db: None) -> None:
    page = problems.respond(request(), code)
    answer = problems.respond(request("/api/v1/reports"), code)
    assert page.status_code == answer.status_code == CODES[code].status
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == code
    text = page.content.decode()
    assert trace.trace_id() in text
    assert str(CODES[code].status) in text


def test_problem_json_has_the_agreed_members() -> None:
    with trace.scope(origin="api", trace_id="a" * 32):
        plain = problems.body("NOT_FOUND")
        named = problems.body("VALIDATION_FAILED", "Two things.", {"name": ["Too long."]})
    assert set(plain) == {"code", "message", "detail", "traceId"}
    assert plain["traceId"] == "a" * 32
    assert named["detail"] == "Two things."
    assert named["fields"] == {"name": ["Too long."]}


def test_a_problem_may_bring_headers() -> None:
    problem = problems.Problem("RATE_LIMITED", headers={"Retry-After": "7"})
    assert problems.json_response(problem)["Retry-After"] == "7"


def test_what_people_sent_is_escaped_on_the_page(db: None) -> None:
    page = problems.respond(request(), "BAD_REQUEST", "<img src=x onerror=alert(1)>")
    assert b"<img src=x" not in page.content


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("/api/v1/reports", "text/html", True),
        ("/reports/", "application/json", True),
        ("/reports/", "text/html,application/json;q=0.5", False),
        ("/reports/", "", False),
    ],
)
def test_programs_are_told_from_people(path: str, accept: str, expected: bool) -> None:
    assert problems.wants_json(request(path, Accept=accept)) is expected


def test_a_redirect_is_one_htmx_follows_as_a_page() -> None:
    plain = htmx.redirect(request(), "/reports/1/")
    swapped = htmx.redirect(request(**{"HX-Request": "true"}), "/reports/1/")
    assert (plain.status_code, plain["Location"]) == (303, "/reports/1/")
    assert (swapped.status_code, swapped["HX-Redirect"]) == (204, "/reports/1/")
    assert "Location" not in swapped


def test_a_boosted_request_is_a_page() -> None:
    boosted = request(**{"HX-Request": "true", "HX-Boosted": "true"})
    assert not htmx.is_htmx(boosted)


def test_events_add_up() -> None:
    response = htmx.redirect(request(), "/")
    htmx.trigger(htmx.trigger(response, "report-saved"), "toast", {"text": "Saved"})
    assert json.loads(response["HX-Trigger"]) == {"report-saved": None, "toast": {"text": "Saved"}}


def test_an_unknown_page_says_so_with_its_trace(world: World) -> None:
    answer = world.client(world.alice).get("/no/such/page/")
    assert answer.status_code == 404
    assert answer["X-Trace-Id"] in answer.content.decode()


def test_a_form_from_elsewhere_is_refused_with_a_next_step(world: World) -> None:
    browser = world.client(world.alice, enforce_csrf_checks=True)
    answer = browser.post(reverse("accounts:profile"), {"name": "Mallory"})
    assert answer.status_code == 403
    assert str(CODES["CSRF_FAILED"].next_step) in answer.content.decode()


def test_another_host_is_refused() -> None:
    answer = Client(raise_request_exception=False).get("/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_a_wrong_method_is_explained(world: World) -> None:
    answer = world.client(world.alice).get(reverse("accounts:logout"))
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]
    assert str(CODES["METHOD_NOT_ALLOWED"].message) in answer.content.decode()
    assert int(answer["Content-Length"]) == len(answer.content)
