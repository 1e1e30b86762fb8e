"""Providers: added, changed, removed, tried out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEntry
from common.http.problems import Problem
from common.jobs import submit
from llm import actions
from llm.models import ModelAccess, ModelCall, ModelPull, ModelSetting, Provider
from llm.standin import EVERYTHING, Running, html
from tests.world import World

KEY = "sk-secret-of-acme"


def add(world: World, url: str, **more: Any) -> Provider:
    values = {"name": "Ours", "kind": "ollama", "base_url": url} | more
    return actions.create_provider(actor=world.amy, **values)


def refused(call: Any, **values: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        call(**values)
    return caught.value


def test_an_admin_adds_one(world: World, server: Running) -> None:
    made = add(world, f" {server.url}/ ", api_key=KEY, external=True)
    made.refresh_from_db()
    assert (made.organization, made.base_url, made.api_key) == (world.acme, server.url, KEY)
    entry = AuditEntry.objects.get(action="provider.created")
    assert entry.actor == world.amy
    assert KEY not in str(entry.changes)
    assert entry.changes["api_key"] == ["", "set"]
    assert made not in Provider.objects.visible_to(world.carl)


@pytest.mark.parametrize("name", ["alice", "bob", "operator"])
def test_others_may_not(world: World, server: Running, name: str) -> None:
    actor = getattr(world, name)
    with pytest.raises(PermissionDenied):
        actions.create_provider(actor=actor, name="X", kind="ollama", base_url=server.url)


def test_an_admin_of_elsewhere_may_not(world: World, own: Provider) -> None:
    for call in (actions.update_provider, actions.delete_provider, actions.probe_saved_provider):
        with pytest.raises(PermissionDenied):
            call(actor=world.carl, provider=own)


def test_shared_ones_are_the_operators(world: World, shared: Provider) -> None:
    with pytest.raises(PermissionDenied):
        actions.update_provider(actor=world.amy, provider=shared, name="Mine")
    with pytest.raises(PermissionDenied):
        actions.delete_provider(actor=world.amy, provider=shared)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://example.org",
        "not an address",
        "http://user:pw@example.org",
        "http://169.254.169.254",
        "http://10.1.2.3:11434",
        "http://127.0.0.1:9",
        "http://[::1]:9",
        "http://localhost:9",
        "http://example.org/?x=1",
    ],
)
def test_addresses_nobody_may_enter(world: World, address: str) -> None:
    assert "base_url" in refused(add, world=world, url=address).fields
    assert not Provider.objects.filter(organization=world.acme).exists()


def test_what_the_operator_has_named_may_be_private(world: World, settings: Any) -> None:
    settings.LLM_ALLOWED_HOSTS = ["10.1.2.3:11434"]
    assert add(world, "http://10.1.2.3:11434").pk


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("kind", "magic"),
        ("parallel", 0),
        ("waiting", 2000),
        ("api_key", "two words"),
    ],
)
def test_values_that_are_not_right(world: World, server: Running, field: str, value: Any) -> None:
    assert field in refused(add, world=world, url=server.url, **{field: value}).fields


def test_names_are_unique_whatever_their_case(world: World, server: Running) -> None:
    add(world, server.url, name="Große")
    assert "name" in refused(add, world=world, url=server.url, name="GROẞE").fields
    other = actions.create_provider(
        actor=world.carl, name="Große", kind="ollama", base_url=server.url
    )
    assert other.organization == world.rival


def test_a_change_counts_up_and_is_told_of(world: World, own: Provider) -> None:
    after = actions.update_provider(
        actor=world.amy, provider=own, expected_version=1, name="Big one", parallel=4
    )
    assert (after.name, after.parallel, after.version) == ("Big one", 4, 2)
    changes = AuditEntry.objects.get(action="provider.changed").changes
    assert changes == {"name": ["Acme's", "Big one"], "parallel": [1, 4]}
    again = actions.update_provider(actor=world.amy, provider=after, name="Big one")
    assert again.version == 2
    assert AuditEntry.objects.filter(action="provider.changed").count() == 1


def test_an_old_version_is_a_conflict(world: World, own: Provider) -> None:
    actions.update_provider(actor=world.amy, provider=own, name="First")
    found = refused(
        actions.update_provider, actor=world.amy, provider=own, expected_version=1, name="Second"
    )
    assert found.code == "CONFLICT"
    own.refresh_from_db()
    assert own.name == "First"


def test_the_key_is_kept_changed_and_cleared(world: World, own: Provider) -> None:
    change = actions.update_provider
    own = change(actor=world.amy, provider=own, api_key=KEY)
    own = change(actor=world.amy, provider=own, name="Renamed")
    assert own.api_key == KEY
    own = change(actor=world.amy, provider=own, api_key="other")
    assert own.api_key == "other"
    own = change(actor=world.amy, provider=own, clear_api_key=True)
    assert own.api_key == ""
    shown = [entry.changes.get("api_key") for entry in AuditEntry.objects.order_by("pk")]
    assert shown == [["", "set"], None, ["set", "set"], ["set", ""]]


def test_the_key_does_not_travel_to_another_server(
    world: World, own: Provider, settings: Any
) -> None:
    settings.LLM_ALLOWED_HOSTS = ["10.1.2.3", "127.0.0.1"]
    own = actions.update_provider(actor=world.amy, provider=own, api_key=KEY)
    move = {"actor": world.amy, "provider": own, "base_url": "http://10.1.2.3"}
    assert "api_key" in refused(actions.update_provider, **move).fields
    own.refresh_from_db()
    assert own.base_url != "http://10.1.2.3"
    deeper = actions.update_provider(actor=world.amy, provider=own, base_url=f"{own.url}/ollama")
    assert deeper.api_key == KEY
    moved = actions.update_provider(**{**move, "provider": deeper}, api_key="theirs")
    assert moved.api_key == "theirs"


def test_deleting_takes_what_is_set_and_leaves_the_record(world: World, own: Provider) -> None:
    ModelSetting.objects.create(provider=own, model="a", parallel=2)
    ModelAccess.objects.create(organization=world.acme, provider=own, model="a")
    call = ModelCall.objects.create(
        organization=world.acme, provider=own, provider_name=own.name, purpose="chat", outcome="ok"
    )
    actions.delete_provider(actor=world.amy, provider=own)
    actions.delete_provider(actor=world.amy, provider=own)  # a double click
    call.refresh_from_db()
    assert (call.provider, call.provider_name) == (None, "Acme's")
    assert not ModelSetting.objects.exists()
    assert not ModelAccess.objects.exists()
    assert AuditEntry.objects.filter(action="provider.deleted").count() == 1


def test_not_while_a_model_is_downloaded(world: World, own: Provider) -> None:
    pull = ModelPull(organization=world.acme, provider=own, name="tinyllama:latest")
    pull.job = submit("llm.pull_model", payload={"pull_id": str(pull.pk)}, organization=world.acme)
    pull.save()
    found = refused(actions.delete_provider, actor=world.amy, provider=own)
    assert found.code == "ILLEGAL_TRANSITION"


def test_the_probe_says_what_it_found(world: World, server: Running) -> None:
    found = actions.probe_provider(actor=world.amy, kind="ollama", base_url=server.url)
    assert found.ok
    assert found.models == len(server.installed)
    place = server.url.removeprefix("http://")
    assert found.sentences[0] == (
        f"Ollama {found.version} answers at {place} with {found.models} models."
    )
    assert "elsewhere" in found.sentences[1]
    assert not Provider.objects.filter(organization=world.acme).exists()


def test_the_probe_counts_what_is_loaded(world: World, own: Provider) -> None:
    actions.load_model(actor=world.amy, provider=own, name="llama3.2:latest")
    found = actions.probe_saved_provider(actor=world.amy, provider=own)
    assert (found.ok, found.loaded) == (True, 1)
    assert "1 of them loaded" in found.sentences[0]


def test_the_probe_tries_openai_too(world: World, server: Running) -> None:
    found = actions.probe_provider(actor=world.amy, kind="openai", base_url=server.url)
    assert found.ok
    assert found.sentences[0].startswith("An OpenAI-compatible server answers at 127.0.0.1:")
    # Ollama's /v1 does not tell which of its models run elsewhere.
    assert f"Connect it as Ollama at {server.url}" in found.sentences[-1]


def test_the_probe_of_something_else(world: World, server: Running) -> None:
    server.script(html(), on=EVERYTHING)
    found = actions.probe_provider(actor=world.amy, kind="ollama", base_url=server.url)
    assert (found.ok, found.code) == (False, "MODEL_FAILED")
    assert found.sentences[0] == "This address answers, but not as an Ollama server does."


def test_the_probe_where_nothing_is(world: World, own: Provider, settings: Any) -> None:
    own.base_url = settings.OLLAMA_URL = "http://127.0.0.1:9"
    own.save()
    found = actions.probe_saved_provider(actor=world.amy, provider=own)
    assert (found.ok, found.code) == (False, "MODEL_UNREACHABLE")
    assert "is an Ollama server running?" in found.sentences[0]


def test_the_probe_goes_nowhere_it_may_not(world: World) -> None:
    found = actions.probe_provider(
        actor=world.amy, kind="ollama", base_url="http://169.254.169.254"
    )
    assert (found.ok, found.code) == (False, "ADDRESS_REFUSED")


def test_the_probe_sends_the_stored_key_only_home(
    world: World, own: Provider, server: Running, settings: Any
) -> None:
    own = actions.update_provider(actor=world.amy, provider=own, api_key=KEY)
    values = {"actor": world.amy, "kind": "ollama", "provider": own}
    actions.probe_provider(**values, base_url=own.url)
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    settings.LLM_ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    found = actions.probe_provider(**values, base_url=elsewhere)
    assert found.ok
    assert "not sent" in found.sentences[-1]
    assert "authorization" not in server.requests[-1].headers
