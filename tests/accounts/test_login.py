"""Logging in and out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.world import World

LOGIN = "/login/"
WRONG = "The e-mail address or the password is not right."


def _post(browser: Client, email: str, password: str, **more: str):  # type: ignore[no-untyped-def]
    return browser.post(LOGIN, {"email": email, "password": password, **more})


def test_the_right_password_opens_the_home_page(world: World) -> None:
    browser = world.client()
    response = _post(browser, world.alice.email.upper(), world.password)
    assert response.status_code == 303
    assert response["Location"] == reverse("home")
    assert browser.get("/settings/").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/settings/tokens/", "/settings/tokens/"),
        ("/settings/?a=1", "/settings/?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("settings/", "/"),
    ],
)
def test_next_leads_only_to_local_paths(world: World, wanted: str, reached: str) -> None:
    response = _post(world.client(), world.alice.email, world.password, next=wanted)
    assert response["Location"] == reached


def test_an_unknown_account_is_refused_like_a_wrong_password(world: World) -> None:
    known = _post(world.client(), world.alice.email, "wrong-password")
    unknown = _post(world.client(), "nobody@example.org", "wrong-password")
    assert known.status_code == unknown.status_code == 422
    for response in (known, unknown):
        assert WRONG in response.content.decode()


def test_an_unknown_account_costs_a_hash_too(world: World, hashes: list[str]) -> None:
    _post(world.client(), "nobody@example.org", "wrong-password")
    assert hashes == ["wrong-password"]


def test_a_deactivated_account_cannot_log_in(world: World) -> None:
    User.objects.filter(pk=world.alice.pk).update(is_active=False)
    response = _post(world.client(), world.alice.email, world.password)
    assert response.status_code == 422
    assert WRONG in response.content.decode()


@pytest.mark.parametrize("known", [True, False])
def test_the_eleventh_attempt_is_refused_even_with_the_right_password(
    world: World, known: bool
) -> None:
    email = world.alice.email if known else "nobody@example.org"
    for _ in range(10):
        assert _post(world.client(), email, "wrong-password").status_code == 422
    response = _post(world.client(), email, world.password)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Too many attempts" in response.content.decode()


def test_other_accounts_are_not_shut_by_one_that_is(world: World) -> None:
    for _ in range(11):
        _post(world.client(), world.alice.email, "wrong-password")
    assert _post(world.client(), world.dave.email, world.password).status_code == 303


def test_an_address_that_tries_many_accounts_is_refused(world: World) -> None:
    for number in range(50):
        _post(world.client(), f"guess{number}@example.org", "wrong-password")
    assert _post(world.client(), world.alice.email, world.password).status_code == 429
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert _post(elsewhere, world.alice.email, world.password).status_code == 303


def test_a_success_clears_the_count(world: World) -> None:
    for _ in range(9):
        _post(world.client(), world.alice.email, "wrong-password")
    assert _post(world.client(), world.alice.email, world.password).status_code == 303
    assert _post(world.client(), world.alice.email, "wrong-password").status_code == 422
    for _ in range(60):
        assert _post(world.client(), world.alice.email, world.password).status_code == 303


def test_logging_out_takes_a_post(world: World) -> None:
    browser = world.client(world.alice)
    assert browser.get("/logout/").status_code == 405
    assert browser.post("/logout/")["Location"] == LOGIN
    assert browser.get("/settings/").status_code == 302


def test_htmx_is_sent_to_the_login_and_back_to_the_page(world: World) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/tokens/"}
    response = world.client().get("/settings/", headers=headers)
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/login/?next=/settings/tokens/"


def test_the_login_page_tells_no_secret(world: World, settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO_PASSWORD = "a-secret-of-the-demo"
    text = world.client().get(LOGIN).content.decode()
    assert "demo workspace" in text
    assert "a-secret-of-the-demo" not in text
    assert world.alice.email not in text


@pytest.fixture
def hashes(settings) -> Iterator[list[str]]:  # type: ignore[no-untyped-def]
    """The passwords that were hashed."""
    seen: list[str] = RecordingHasher.seen
    seen.clear()
    settings.PASSWORD_HASHERS = [f"{__name__}.RecordingHasher", *settings.PASSWORD_HASHERS]
    yield seen
    seen.clear()


class RecordingHasher(MD5PasswordHasher):
    algorithm = "recording"
    seen: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.seen.append(password)
        return super().encode(password, salt)
