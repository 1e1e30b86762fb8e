"""Models: who may do what where, what is told to whom, and where keys go."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from common.http.problems import Problem
from common.jobs.models import Job
from llm import actions, queries, survey
from llm.actions.providers import MOST_PROVIDERS
from llm.connections import policy_for
from llm.models import ModelPull, Provider
from llm.registration import may_follow
from tests.contracts import text_of
from tests.security.hostile import Hostile, hostile
from tests.world import World

KEY = "sk-very-secret-key-0123456789"
PAGES = ("/models/", "/models/health/", "/api/v1/models", "/api/v1/version", "/api/v1/config")


@pytest.fixture
def server() -> Iterator[Hostile]:
    with hostile() as running:
        yield running


@pytest.fixture
def own(world: World, server: Hostile, settings: Any) -> Provider:
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
    row = Provider(
        organization=world.acme, name="Acme's", kind="ollama", base_url=server.url, order=1
    )
    row.secret = {"api_key": KEY}
    row.save()
    return row


@pytest.fixture
def shared(world: World, server: Hostile, settings: Any) -> Provider:
    settings.OLLAMA_URL = server.url
    return Provider.objects.get(builtin=True)


def send(browser: Client, path: str, body: dict[str, Any]) -> Any:
    return browser.post(f"/api/v1{path}", body, content_type="application/json")


def pages(world: World, user: Any) -> str:
    browser = world.client(user)
    return "".join(text_of(browser.get(page)) for page in PAGES)


def test_where_a_server_is_and_what_it_says_is_for_those_who_manage_it(
    world: World, server: Hostile, own: Provider
) -> None:
    server.redirect = "http://inner.example.org/admin"
    assert "inner.example.org" in pages(world, world.amy)
    for reader in (world.bob, world.alice):
        text = pages(world, reader)
        assert "inner.example.org" not in text
        assert server.url not in text
        assert "This address may not be connected to." in text


def test_a_host_that_is_not_known_is_not_named_to_readers(world: World, own: Provider) -> None:
    own.base_url = "http://gpu-7.invalid:11434"
    own.save()
    assert "gpu-7.invalid is not known" in pages(world, world.amy)
    assert "gpu-7" not in pages(world, world.bob)


def test_readers_of_a_model_are_not_told_the_words_of_its_server(
    world: World, server: Hostile, own: Provider
) -> None:
    server.answers["/api/show"] = b'{"error": "open /root/.ollama/x: denied"}'
    survey.surveys_of([own])
    url = f"/models/detail/?provider={own.pk}&name=m:1"
    assert "/root" not in text_of(world.client(world.bob).get(url))
    server.redirect = "http://inner.example.org/"
    url = f"/api/v1/models/show?provider={own.pk}&name=m:1"
    assert "inner" in text_of(world.client(world.amy).get(url))
    assert "inner" not in text_of(world.client(world.bob).get(url))


def test_which_server_failed_is_not_told_by_a_model_that_is_missing(
    world: World, server: Hostile, own: Provider
) -> None:
    server.redirect = "http://inner.example.org/"
    with pytest.raises(Problem) as caught:
        queries.find_model([own], "m:1")
    assert "inner" not in caught.value.detail


def test_the_server_of_the_installation_is_no_way_around_its_operator(
    world: World, settings: Any
) -> None:
    """Entered as an own provider, its models could be deleted where they are not the Admins'."""
    settings.OLLAMA_URL, settings.LLM_ALLOWED_HOSTS = "http://127.0.0.1:11434", []
    assert not policy_for(shared=False).names("127.0.0.1", 11434)
    for address in ("http://127.0.0.1:11434", "http://localhost:11434", "http://127.1:11434"):
        with pytest.raises(Problem, match="LLM_ALLOWED_HOSTS"):
            actions.create_provider(actor=world.amy, name="Mine", kind="ollama", base_url=address)


def test_an_organization_has_only_so_many_servers(
    world: World, server: Hostile, settings: Any
) -> None:
    """Each page about models asks all of them."""
    settings.LLM_ALLOWED_HOSTS, settings.RATE_LIMITS = ["127.0.0.1"], {"hour": 1000}

    def add(n: int) -> None:
        actions.create_provider(
            actor=world.amy, name=f"P{n}", kind="ollama", base_url=f"{server.url}/{n}"
        )

    for n in range(MOST_PROVIDERS):
        add(n)
    with pytest.raises(Problem) as caught:
        add(MOST_PROVIDERS)
    assert "name" in caught.value.fields


def test_looking_up_addresses_is_counted(world: World, own: Provider, settings: Any) -> None:
    """A name is looked up for each that is saved, in one of few threads."""
    settings.RATE_LIMITS = {"hour": 1}
    address = f"{own.base_url}/deeper"
    actions.update_provider(actor=world.amy, provider=own, base_url=address)
    own.refresh_from_db()
    with pytest.raises(Problem) as caught:
        actions.update_provider(actor=world.amy, provider=own, base_url=f"{address}/still")
    assert caught.value.code == "RATE_LIMITED"


def test_a_key_goes_to_its_server_and_nowhere_else(
    world: World, server: Hostile, own: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with hostile() as other:
        body = {"provider": own.pk, "kind": "ollama", "baseUrl": other.url}
        browser = world.client(world.amy)
        tried = browser.post("/api/v1/config/test", body, content_type="application/json")
        assert tried.json()["ok"], tried.content
        server.redirect = other.url
        assert browser.get("/models/").status_code == 200
        assert set(other.keys) == {None}
    assert set(server.keys) == {f"Bearer {KEY}"}
    shown = pages(world, world.amy) + pages(world, world.bob)
    shown += text_of(browser.get(f"/models/settings/providers/{own.pk}/"))
    admin = world.client(world.operator).get(f"/admin/llm/provider/{own.pk}/change/")
    assert KEY not in shown + text_of(admin) + caplog.text + repr(own) + repr(vars(own).keys())


def test_a_key_is_in_no_record(world: World, own: Provider) -> None:
    actions.update_provider(actor=world.amy, provider=own, api_key=f"{KEY}-new", name="Renamed")
    own.refresh_from_db()
    pull = actions.start_pull(actor=world.amy, provider=own, name="llama3.2")
    assert pull.job is not None
    records = [list(AuditEntry.objects.values()), list(Job.objects.values())]
    assert KEY not in json.dumps(records, default=str)
    assert KEY not in json.dumps(list(ModelPull.objects.values()), default=str)


@pytest.mark.parametrize("management", [False, True])
def test_models_of_a_shared_server_are_the_operators_unless_he_says_so(
    world: World, shared: Provider, server: Hostile, management: bool
) -> None:
    shared.shared_management = management
    shared.save()
    for admin in (world.amy, world.carl):
        browser = world.client(admin)
        unload = browser.post(
            "/api/v1/models/unload",
            {"name": "m:1", "provider": shared.pk},
            content_type="application/json",
        )
        assert unload.status_code == (204 if management else 403)
        test = browser.post(
            "/api/v1/config/test", {"provider": shared.pk}, content_type="application/json"
        )
        assert test.status_code == (200 if management else 403)
        assert (server.url in pages(world, admin)) == management
        edit = browser.get(f"/models/settings/providers/{shared.pk}/")
        assert edit.status_code == 403


def test_topics_are_for_the_own_organization(world: World) -> None:
    assert may_follow(world.bob, str(world.acme.pk))
    assert may_follow(world.bob, "shared")
    for owner in (str(world.rival.pk), "", "None", f"{world.acme.pk} ", f"0{world.acme.pk}"):
        assert not may_follow(world.bob, owner)
    assert not may_follow(world.operator, "shared")


def test_another_organization_finds_neither_server_nor_download(
    world: World, own: Provider
) -> None:
    pull = actions.start_pull(actor=world.amy, provider=own, name="llama3.2")
    browser = world.client(world.carl)
    named = f"provider={own.pk}&name=m:1"
    answers = [
        browser.get(f"/models/detail/?{named}"),
        browser.post(f"/models/setting/?{named}"),
        browser.get(f"/models/loading/?{named}"),
        browser.post(f"/models/unloading/?{named}"),
        browser.get(f"/models/deletion/?{named}"),
        browser.get(f"/models/settings/providers/{own.pk}/"),
        browser.post(f"/models/settings/providers/{own.pk}/test/"),
        browser.post(f"/models/pulls/{pull.pk}/cancellation/"),
        browser.post(f"/models/pulls/{pull.pk}/resumption/"),
        browser.post(f"/models/pulls/{pull.pk}/dismissal/"),
        browser.get(f"/api/v1/models/show?{named}"),
        browser.delete(f"/api/v1/models?{named}&confirm=m:1"),
        browser.delete(f"/api/v1/models/pulls/{pull.pk}"),
        send(browser, "/models/load", {"name": "m:1", "provider": own.pk}),
        send(browser, "/models/unload", {"name": "m:1", "provider": own.pk}),
        send(browser, "/models/pull", {"name": "x", "provider": own.pk}),
        send(browser, "/config/test", {"provider": own.pk}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert "Acme" not in pages(world, world.carl)
    assert str(pull.pk) not in text_of(browser.get("/api/v1/models/pulls"))
