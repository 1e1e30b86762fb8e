"""The members of an organisation."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.actions import change_role, deactivate_member, invite_member
from accounts.models import AuditEntry, User
from tests.world import World

MEMBERS = "/organization/members/"


def test_the_list_is_of_the_own_organisation_and_can_be_searched(world: World) -> None:
    browser = world.client(world.amy)
    text = browser.get(MEMBERS).content.decode()
    assert world.alice.email in text
    assert world.charlie.email not in text
    assert world.operator.email not in text
    found = browser.get(MEMBERS, {"q": "dav"}).content.decode()
    assert world.dave.email in found
    assert world.alice.email not in found


@pytest.mark.django_db(transaction=True)
def test_an_invited_member_sets_a_password_by_the_link_and_logs_in(world: World) -> None:
    form = {"email": "New@Acme.example.org", "name": "New One", "role": "Analyst"}
    response = world.client(world.amy).post(f"{MEMBERS}new/", form)
    assert response.status_code == 201
    user = User.objects.get(email="new@acme.example.org")
    assert (user.organization, user.role, user.has_usable_password()) == (
        world.acme,
        "Analyst",
        False,
    )
    link = re.search(r"/password/set/[^<\s]+", response.content.decode())
    assert link is not None
    assert link[0] in mail.outbox[0].body
    browser = Client()
    url = browser.get(link[0], follow=True).redirect_chain[-1][0]
    browser.post(url, {"password": "a-good-long-one", "repeated": "a-good-long-one"})
    login = browser.post("/login/", {"email": form["email"], "password": "a-good-long-one"})
    assert login.status_code == 303
    assert "does not work" in Client().get(link[0], follow=True).content.decode()


def test_an_address_is_used_once_whatever_its_case(world: World) -> None:
    form = {"email": world.charlie.email.upper(), "name": "X", "role": "Viewer"}
    response = world.client(world.amy).post(f"{MEMBERS}new/", form)
    assert response.status_code == 422
    assert "already is an account" in response.content.decode()


def test_a_role_is_changed_with_all_that_hangs_on_it(world: World) -> None:
    form = {"name": "Dave D.", "role": "Admin"}
    assert world.client(world.amy).post(f"{MEMBERS}{world.dave.pk}/", form).status_code == 303
    dave = User.objects.get(pk=world.dave.pk)
    assert (dave.name, dave.role, dave.is_staff) == ("Dave D.", "Admin", True)
    assert dave.groups.count() == 1
    change_role(actor=world.amy, user=dave, role="Viewer")
    assert (dave.role, dave.is_staff) == ("Viewer", False)
    assert not dave.has_perm("catalog.add_report")
    entry = AuditEntry.objects.filter(action="user.role-changed").latest("pk")
    assert entry.changes == {"role": ["Admin", "Viewer"]}
    assert (entry.actor, entry.organization) == (world.amy, world.acme)


def test_the_last_admin_can_be_neither_demoted_nor_deactivated(world: World) -> None:
    browser, url = world.client(world.amy), f"{MEMBERS}{world.amy.pk}/"
    response = browser.post(url, {"name": "Renamed", "role": "Viewer"})
    assert response.status_code == 422
    assert "last Admin" in response.content.decode()
    response = browser.post(f"{url}deactivation/", follow=True)
    assert "last Admin" in response.content.decode()
    amy = User.objects.get(pk=world.amy.pk)
    assert (amy.role, amy.is_active, amy.name) == ("Admin", True, "Amy")


def test_an_inactive_admin_does_not_count(world: World) -> None:
    other = world.add_user("ann", "Admin")
    deactivate_member(actor=world.amy, user=other)
    with pytest.raises(ValidationError, match="last Admin"):
        change_role(actor=world.amy, user=world.amy, role="Analyst")


def test_deactivation_ends_sessions_and_can_be_taken_back(world: World) -> None:
    alice, amy = world.client(world.alice), world.client(world.amy)
    url = f"{MEMBERS}{world.alice.pk}/"
    assert amy.post(f"{url}deactivation/").status_code == 303
    assert alice.get("/settings/").status_code == 302
    assert amy.post(f"{url}activation/").status_code == 303
    assert alice.get("/settings/").status_code == 200
    done = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert done == ["user.deactivated", "user.reactivated"]


def test_actions_refuse_other_organisations_and_roles(world: World) -> None:
    for actor in (world.alice, world.bob, world.carl):
        with pytest.raises(PermissionDenied):
            change_role(actor=actor, user=world.dave, role="Admin")
        with pytest.raises(PermissionDenied):
            deactivate_member(actor=actor, user=world.dave)
    for actor in (world.alice, world.operator):
        with pytest.raises(PermissionDenied):
            invite_member(actor=actor, email="x@example.org", name="X", role="Viewer")
    with pytest.raises(ValidationError):
        change_role(actor=world.amy, user=world.dave, role="King")


def test_the_command_sets_a_role(world: World, capsys) -> None:  # type: ignore[no-untyped-def]
    call_command("set_role", world.alice.email, "admin")
    assert "is Admin" in capsys.readouterr().out
    assert User.objects.get(pk=world.alice.pk).role == "Admin"
    assert AuditEntry.objects.get().origin == "command"
    with pytest.raises(CommandError):
        call_command("set_role", "operator@example.org", "Viewer")
