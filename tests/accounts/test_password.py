"""Changing and resetting passwords."""

from __future__ import annotations

import re

from django.core import mail
from django.test import Client

from accounts.actions import invitation_path
from accounts.models import AuditEntry
from tests.world import World

NEW = "a-new-battery-staple"


def test_it_changes_with_the_current_one_and_ends_other_sessions(world: World) -> None:
    here, there = world.client(world.alice), world.client(world.alice)
    form = {"current": world.password, "password": NEW, "repeated": NEW}
    assert here.post("/password/change/", form).status_code == 303
    assert here.get("/settings/").status_code == 200
    assert there.get("/settings/").status_code == 302
    world.alice.refresh_from_db()
    assert world.alice.check_password(NEW)
    assert AuditEntry.objects.get().action == "user.password-changed"


def test_the_current_one_must_be_right(world: World) -> None:
    form = {"current": "wrong", "password": NEW, "repeated": NEW}
    response = world.client(world.alice).post("/password/change/", form)
    assert response.status_code == 422
    assert "not your current password" in response.content.decode()


def test_two_different_ones_are_refused(world: World) -> None:
    form = {"current": world.password, "password": NEW, "repeated": NEW + "!"}
    response = world.client(world.alice).post("/password/change/", form)
    assert "not the same" in response.content.decode()


def test_a_link_is_mailed_and_works_once(world: World) -> None:
    response = world.client().post("/password/reset/", {"email": world.alice.email})
    assert response["Location"] == "/password/reset/sent/"
    link = re.search(r"http://[^/]+(/password/set/\S+)", mail.outbox[0].body)
    assert link is not None
    browser = Client()
    page = browser.get(link[1], follow=True)
    url = page.redirect_chain[-1][0]
    assert browser.post(url, {"password": NEW, "repeated": NEW})["Location"] == "/login/"
    world.alice.refresh_from_db()
    assert world.alice.check_password(NEW)
    again = Client().get(link[1], follow=True).content.decode()
    assert "does not work any more" in again


def test_a_bad_new_password_shows_the_form_again(world: World) -> None:
    browser = Client()
    url = browser.get(invitation_path(world.bob), follow=True).redirect_chain[-1][0]
    response = browser.post(url, {"password": "short", "repeated": "short"})
    assert response.status_code == 422
    assert "too short" in response.content.decode()


def test_an_unknown_address_is_answered_the_same_and_gets_no_mail(world: World) -> None:
    response = world.client().post("/password/reset/", {"email": "nobody@example.org"})
    assert response["Location"] == "/password/reset/sent/"
    assert not mail.outbox


def test_nobody_can_be_flooded_with_mail(world: World) -> None:
    for _ in range(10):
        world.client().post("/password/reset/", {"email": world.alice.email})
    response = world.client().post("/password/reset/", {"email": world.alice.email})
    assert response.status_code == 429
    assert len(mail.outbox) == 10


def test_the_mailed_link_does_not_follow_the_host_header(world: World, settings) -> None:  # type: ignore[no-untyped-def]
    settings.BASE_URL = "https://reports.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    Client(HTTP_HOST="evil.example").post("/password/reset/", {"email": world.alice.email})
    assert "https://reports.example.org/password/set/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body
