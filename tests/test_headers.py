"""The headers that protect, on every kind of answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import World

JOB = "/api/v1/jobs/00000000-0000-0000-0000-000000000000"
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
KINDS = {
    "page": ("alice", "/reports/", {}, 200),
    "fragment": ("alice", "/reports/", {"HX-Request": "true"}, 200),
    "login page": ("", "/login/", {}, 200),
    "redirect": ("", "/reports/", {}, 302),
    "not found": ("alice", "/no/such/page/", {}, 404),
    "wrong method": ("alice", "/logout/", {}, 405),
    "refused": ("bob", "/reports/new/", {}, 403),
    "probe": ("", "/healthz", {}, 200),
    "API": ("alice", "/api/v1/openapi.json", {}, 200),
    "API problem": ("alice", JOB, {}, 404),
    "API refusal": ("", JOB, {}, 401),
    "static file": ("", "/static/js/app.js", {}, 200),
    "drawing": ("", "/static/img/favicon.svg", {}, 200),
    "admin": ("amy", "/admin/", {}, 200),
    "other host": ("", "/login/", {"host": "evil.example"}, 400),
}


def answer_of(world: World, kind: str) -> Any:
    name, path, headers, status = KINDS[kind]
    user = getattr(world, name) if name else None
    browser = world.client(user, raise_request_exception=False)
    response = browser.get(path, headers=headers)
    assert response.status_code == status, f"{kind}: {response.status_code}"
    return response


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_protected(world: World, kind: str) -> None:
    response = answer_of(world, kind)
    found = {name: response.get(name, "") for name in EVERYWHERE}
    assert found == EVERYWHERE
    assert response["X-Trace-Id"]
    assert "Server" not in response


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_forbids_inline_and_foreign_code(world: World, kind: str) -> None:
    policy = directives(answer_of(world, kind)["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    for name in ("script-src", "style-src", "connect-src", "form-action", "font-src"):
        assert policy[name] == ["'self'"], name
    words = {word for values in policy.values() for word in values}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"} & words


def test_pages_of_a_person_are_not_kept_by_others(world: World) -> None:
    assert "Cookie" in answer_of(world, "page")["Vary"]
    assert "no-store" in answer_of(world, "login page")["Cache-Control"]


def test_pages_cannot_be_framed(world: World) -> None:
    assert answer_of(world, "page")["X-Frame-Options"] == "DENY"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    browser = Client()
    response = browser.post(
        reverse("accounts:login"), {"email": world.alice.email, "password": world.password}
    )
    cookie = response.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_static_files_are_for_this_site_alone(world: World) -> None:
    assert "Access-Control-Allow-Origin" not in answer_of(world, "static file")


def directives(policy: str) -> dict[str, list[str]]:
    parts = (part.split() for part in policy.split(";") if part.strip())
    return {words[0]: words[1:] for words in parts}
