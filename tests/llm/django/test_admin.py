"""Providers and calls in Django admin: what the operator sets up, and what never comes out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import AuditEntry
from llm.models import GenerationDefaults, Provider
from llm.standin import Running
from tests.url_contracts.llm import make_call, make_pull
from tests.world import World

KEY = "sk-secret-of-the-operator"
LIST = reverse("admin:llm_provider_changelist")
ADD = reverse("admin:llm_provider_add")


def form(url: str, **more: Any) -> dict[str, Any]:
    values = {"name": "Big box", "organization": "", "kind": "ollama", "base_url": url}
    return {**values, "order": 5, "parallel": 2, "waiting": 10, "enabled": "on", **more}


def change(provider: Provider) -> str:
    return reverse("admin:llm_provider_change", args=[provider.pk])


def test_the_operator_adds_a_shared_one(world: World, server: Running) -> None:
    """At a private address, which no organisation could enter."""
    browser = world.client(world.operator)
    private = "http://127.0.0.1:8"
    assert browser.post(ADD, form(f"{private}/", api_key=KEY)).status_code == 302
    made = Provider.objects.get(name="Big box")
    assert (made.organization, made.base_url, made.api_key) == (None, private, KEY)
    for page in (LIST, change(made), reverse("admin:llm_provider_history", args=[made.pk])):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert KEY not in answer.content.decode()
    assert AuditEntry.objects.filter(action="provider.created").exists()


def test_the_key_stays_changes_and_goes(world: World, server: Running) -> None:
    browser = world.client(world.operator)
    browser.post(ADD, form(server.url, api_key=KEY))
    made = Provider.objects.get(name="Big box")
    for more, key, version in (
        ({}, KEY, 2),
        ({"api_key": "other"}, "other", 3),
        ({"clear_api_key": "on"}, "", 4),
    ):
        assert browser.post(change(made), form(server.url, **more)).status_code == 302
        made.refresh_from_db()
        assert (made.api_key, made.version) == (key, version)


def test_the_key_does_not_travel(world: World, server: Running) -> None:
    browser = world.client(world.operator)
    browser.post(ADD, form(server.url, api_key=KEY))
    made = Provider.objects.get(name="Big box")
    answer = browser.post(change(made), form("http://127.0.0.1:8"))
    assert "type its API key" in answer.content.decode()
    made.refresh_from_db()
    assert (made.base_url, made.api_key) == (server.url, KEY)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://169.254.169.254", "credentials"),
        ("", "Where is it?"),
        ("ftp://example.org", "Addresses begin with"),
    ],
)
def test_addresses_nobody_may_enter(world: World, address: str, words: str) -> None:
    answer = world.client(world.operator).post(ADD, form(address))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Provider.objects.filter(name="Big box").exists()


def test_an_organisations_own_may_not_be_private(world: World) -> None:
    answer = world.client(world.operator).post(
        ADD, form("http://10.1.2.3", organization=world.acme.pk)
    )
    assert "private network" in answer.content.decode()


def test_the_built_in_one_stays(world: World, shared: Provider) -> None:
    browser = world.client(world.operator)
    answer = browser.get(reverse("admin:llm_provider_delete", args=[shared.pk]))
    assert answer.status_code == 403
    assert browser.post(change(shared), form("", name="Ollama")).status_code == 302
    shared.refresh_from_db()
    assert (shared.base_url, shared.order) == ("", 5)


def test_options_of_the_installation(world: World) -> None:
    browser = world.client(world.operator)
    add = reverse("admin:llm_generationdefaults_add")
    for wrong, words in (('{"temperature": 9}', "temperature:"), ("[1]", "Write an object")):
        assert words in browser.post(add, {"options": wrong}).content.decode()
    assert browser.post(add, {"options": '{"temperature": 0.3}'}).status_code == 302
    row = GenerationDefaults.objects.get(organization=None)
    assert row.chosen.set() == {"temperature": 0.3}


def test_admins_of_organisations_do_not_set_up_here(world: World) -> None:
    for page in (LIST, ADD, reverse("admin:llm_generationdefaults_changelist")):
        assert world.client(world.amy).get(page).status_code == 403


@pytest.mark.parametrize("name", ["modelcall", "modelpull"])
def test_who_may_look_sees_the_own_organisation(world: World, name: str) -> None:
    """Also when an operator gives the role the permission to look."""
    row = {"modelcall": make_call, "modelpull": make_pull}[name](world)
    right = Permission.objects.get(content_type__app_label="llm", codename=f"view_{name}")
    Group.objects.get(name="Admin").permissions.add(right)
    page = reverse(f"admin:llm_{name}_changelist")
    assert "llama3.2" in world.client(world.amy).get(page).content.decode()
    stranger = world.client(world.carl).get(page)
    assert stranger.status_code == 200
    assert "llama3.2" not in stranger.content.decode()
    assert "Acme" not in stranger.content.decode()
    for user, status in ((world.amy, 200), (world.carl, 404)):
        one = reverse(f"admin:llm_{name}_change", args=[row.pk])
        assert world.client(user).get(one).status_code == status
    assert world.client(world.operator).post(page, {"action": "delete_selected"}).status_code in {
        200,
        302,
    }
    assert type(row).objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]
