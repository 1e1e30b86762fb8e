"""Models where they are: loaded, unloaded, deleted; and what is set about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEntry
from common import clock
from common.http.problems import Problem
from llm import actions, queries, registry
from llm.models import (
    GenerationDefaults,
    ModelAccess,
    ModelCall,
    ModelPreference,
    ModelSetting,
    Provider,
)
from llm.orchestration.options import DEFAULT_WINDOW
from llm.registry import Use
from llm.standin import Running, fails
from tests.world import World

NAME = "llama3.2:latest"


def refused(call: Any, **values: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        call(**values)
    return caught.value


def body_of(server: Running, path: str) -> Any:
    return next(seen.json for seen in reversed(server.requests) if seen.path == path)


def test_loading_uses_the_window_of_later_calls(
    world: World, own: Provider, server: Running
) -> None:
    actions.load_model(actor=world.amy, provider=own, name=NAME, keep_alive="10m")
    assert server.loaded == [NAME]
    body = body_of(server, "/api/chat")
    assert (body["keep_alive"], body["options"]) == ("10m", {"num_ctx": DEFAULT_WINDOW})
    actions.set_model_setting(
        actor=world.amy, provider=own, model=NAME, context_window=2048, parallel=2
    )
    actions.load_model(actor=world.amy, provider=own, name=NAME)
    assert body_of(server, "/api/chat")["options"] == {"num_ctx": 2048}
    [entry, _other] = AuditEntry.objects.filter(action="provider.model-loaded")
    assert entry.object_name == "Acme's"


def test_pages_see_at_once_what_is_loaded(world: World, own: Provider, server: Running) -> None:
    def loaded() -> list[str]:
        return [row.name for row in queries.installed(world.bob) if row.is_loaded]

    assert loaded() == []
    actions.load_model(actor=world.amy, provider=own, name=NAME)
    assert loaded() == [NAME]
    actions.unload_model(actor=world.amy, provider=own, name=NAME)
    assert loaded() == []
    assert server.loaded == []


@pytest.mark.parametrize("value", ["soon", "x" * 100, 10**9])
def test_a_time_that_is_none(world: World, own: Provider, value: Any) -> None:
    found = refused(actions.load_model, actor=world.amy, provider=own, name=NAME, keep_alive=value)
    assert "keep_alive" in found.fields


def test_the_offered_times_are_understood(world: World, own: Provider) -> None:
    for value, _words in actions.KEEP_ALIVES:
        actions.load_model(actor=world.amy, provider=own, name=NAME, keep_alive=value)


def test_what_the_server_refuses_is_told(world: World, own: Provider, server: Running) -> None:
    found = refused(actions.load_model, actor=world.amy, provider=own, name="nothing")
    assert found.code == "MODEL_MISSING"
    server.script(fails(500, "model requires more system memory (9 GiB) than is available"))
    found = refused(actions.load_model, actor=world.amy, provider=own, name=NAME)
    assert found.code == "MODEL_FAILED"
    assert "more memory" in found.detail
    assert "9 GiB" in found.detail


def test_deleting_takes_the_typed_name(world: World, own: Provider, server: Running) -> None:
    wrong = {"actor": world.amy, "provider": own, "name": NAME, "confirmation": "llama"}
    assert "confirmation" in refused(actions.delete_model, **wrong).fields
    assert NAME in server.installed
    actions.delete_model(**{**wrong, "confirmation": f" {NAME} "})
    assert NAME not in server.installed
    assert NAME not in [row.name for row in queries.installed(world.amy)]
    again = refused(actions.delete_model, **{**wrong, "confirmation": NAME})
    assert again.code == "MODEL_MISSING"
    assert AuditEntry.objects.filter(action="provider.model-deleted").count() == 1


def test_what_deleting_would_concern(world: World, own: Provider, monkeypatch: Any) -> None:
    def find(user: Any, provider: Provider, model: str) -> list[Use]:
        return [Use("Conversation", f"{model} for {user}")]

    monkeypatch.setattr(registry, "_finders", [find])
    actions.set_preferences(
        actor=world.amy, preferences={"chat": ["llama3.2"], "sql": [f"{own.pk}/{NAME}"]}
    )
    for age, organization in ((1, world.acme), (8, world.acme), (1, world.rival)):
        call = ModelCall.objects.create(
            organization=organization, provider=own, model=NAME, purpose="chat", outcome="ok"
        )
        moment = clock.now() - timedelta(days=age)
        ModelCall.objects.filter(pk=call.pk).update(created_at=moment)
    actions.load_model(actor=world.amy, provider=own, name=NAME)
    queries.installed(world.amy)
    found = actions.consequences_of_deleting(world.amy, own, NAME)
    assert found.uses == (Use("Conversation", f"{NAME} for Amy"),)
    assert (found.preferences, found.calls, found.loaded) == (("chat", "sql"), 1, True)


DEEDS = {
    "load": lambda actor, provider: actions.load_model(actor=actor, provider=provider, name=NAME),
    "unload": lambda actor, provider: actions.unload_model(
        actor=actor, provider=provider, name=NAME
    ),
    "delete": lambda actor, provider: actions.delete_model(
        actor=actor, provider=provider, name=NAME, confirmation=NAME
    ),
    "set": lambda actor, provider: actions.set_model_setting(
        actor=actor, provider=provider, model=NAME, parallel=2
    ),
    "pull": lambda actor, provider: actions.start_pull(
        actor=actor, provider=provider, name="tinyllama"
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_only_who_manages_it_may(
    deed: str, world: World, own: Provider, shared: Provider, server: Running
) -> None:
    for actor, provider in (
        (world.alice, own),
        (world.bob, own),
        (world.carl, own),
        (world.amy, shared),  # there are two organisations, and the operator has not agreed
    ):
        with pytest.raises(PermissionDenied):
            DEEDS[deed](actor, provider)
    assert not [seen for seen in server.requests if seen.method in {"POST", "DELETE"}]


def test_the_operator_may_hand_over_what_is_shared(
    world: World, managed: Provider, server: Running
) -> None:
    actions.load_model(actor=world.amy, provider=managed, name=NAME)
    assert server.loaded == [NAME]


def test_alone_an_organisation_manages_what_is_shared(
    world: World, shared: Provider, server: Running
) -> None:
    from accounts.models import Organization, Project, User

    for rows in (User, Project):
        rows.objects.filter(organization=world.rival).delete()
    Organization.objects.filter(pk=world.rival.pk).delete()
    actions.load_model(actor=world.amy, provider=shared, name=NAME)
    assert server.loaded == [NAME]


def test_options_by_default(world: World) -> None:
    actions.set_generation_defaults(actor=world.amy, options={"temperature": 0.2, "stop": ["X"]})
    row = GenerationDefaults.objects.get(organization=world.acme)
    assert row.chosen.set() == {"temperature": 0.2, "stop": ("X",)}
    actions.set_generation_defaults(actor=world.amy, options={"top_k": 5})
    row.refresh_from_db()
    assert row.chosen.set() == {"top_k": 5}
    assert queries.settings_of(world.bob).defaults == row.chosen
    assert queries.settings_of(world.carl).defaults.set() == {}


@pytest.mark.parametrize(
    ("field", "value"), [("temperature", 3), ("top_k", 1.5), ("numCtx", 2048), ("stop", [""])]
)
def test_options_out_of_range(world: World, field: str, value: Any) -> None:
    found = refused(actions.set_generation_defaults, actor=world.amy, options={field: value})
    assert found.fields.keys() == {field}
    assert not GenerationDefaults.objects.filter(organization=world.acme).exists()


def test_preferences(world: World) -> None:
    names = ["llama3.2", "qwen3:4b", "Llama3.2:latest", " "]
    assert refused(
        actions.set_preferences, actor=world.amy, preferences={"chat": names}
    ).fields.keys() == {"chat"}
    actions.set_preferences(actor=world.amy, preferences={"chat": names[:3], "embed": []})
    actions.set_preferences(actor=world.amy, preferences={"title": ["qwen3:4b"]})
    assert queries.preferences_of(world.bob)["chat"] == ["llama3.2", "qwen3:4b"]
    assert queries.preferences_of(world.bob)["title"] == ["qwen3:4b"]
    assert queries.preferences_of(world.carl)["chat"] == []
    wrong = refused(actions.set_preferences, actor=world.amy, preferences={"poetry": ["a"]})
    assert "preferences" in wrong.fields
    many = [f"m{number}" for number in range(30)]
    assert refused(actions.set_preferences, actor=world.amy, preferences={"sql": many}).fields


def test_preferred_models_that_are_not_there(world: World, own: Provider, server: Running) -> None:
    actions.set_preferences(
        actor=world.amy,
        preferences={"chat": ["llama3.2", "gone:1b"], "sql": ["gone:1b", f"{own.pk}/qwen3:4b"]},
    )
    actions.load_model(actor=world.amy, provider=own, name=NAME)
    found = [(each.model, each.purposes, each.state) for each in queries.missing_models(world.bob)]
    assert found == [
        ("gone:1b", ("chat", "sql"), "missing"),
        (f"{own.pk}/qwen3:4b", ("sql",), "unloaded"),
    ]


def test_models_that_things_name_and_that_are_not_there(
    world: World, own: Provider, monkeypatch: Any
) -> None:
    def count(user: Any) -> dict[str, str]:
        return {"gone:1b": f"3 conversations of {user}", "llama3.2": "1 conversation"}

    monkeypatch.setattr(registry, "_counts", [count])
    actions.load_model(actor=world.amy, provider=own, name=NAME)
    [found] = queries.missing_models(world.bob)
    assert (found.model, found.state) == ("gone:1b", "missing")
    assert (found.purposes, found.uses) == ((), ("3 conversations of Bob",))
    page = world.client(world.bob).get("/models/").content.decode()
    assert "named by 3 conversations of Bob" in page


def test_access_by_role(world: World, own: Provider) -> None:
    def allowed(user: Any) -> bool:
        return next(row.allowed for row in queries.installed(user) if row.name == NAME)

    analysts = Group.objects.filter(name="Analyst")
    actions.set_access(actor=world.amy, provider=own, model=NAME, groups=analysts)
    assert (allowed(world.alice), allowed(world.bob)) == (True, False)
    row = next(row for row in queries.installed(world.bob) if row.name == NAME)
    assert row.groups == ("Analyst",)
    actions.set_access(actor=world.amy, provider=own, model=NAME)
    assert allowed(world.bob)
    assert not ModelAccess.objects.exists()
    assert AuditEntry.objects.filter(action="provider.access-set").count() == 2


def test_external_models_take_an_admins_word(world: World, own: Provider) -> None:
    remote = next(row for row in queries.installed(world.bob) if row.external)
    assert (remote.allowed, remote.external_allowed) == (False, False)
    actions.set_access(actor=world.amy, provider=own, model=remote.name, external_allowed=True)
    remote = next(row for row in queries.installed(world.bob) if row.external)
    assert (remote.allowed, remote.external_allowed) == (True, True)


def test_access_is_the_organisations_own(world: World, own: Provider, shared: Provider) -> None:
    actions.set_access(actor=world.amy, provider=shared, external_allowed=True)
    assert ModelAccess.objects.get().organization == world.acme
    with pytest.raises(Problem) as caught:
        actions.set_access(actor=world.carl, provider=own, external_allowed=True)
    assert caught.value.code == "NOT_FOUND"
    strange = Group.objects.create(name="Operators' own")
    assert (
        "groups"
        in refused(actions.set_access, actor=world.amy, provider=own, groups=[strange]).fields
    )
    with pytest.raises(PermissionDenied):
        actions.set_access(actor=world.alice, provider=own)


def test_advanced_settings(world: World, own: Provider, shared: Provider) -> None:
    assert [each.pk for each in queries.providers_in_use(world.bob)] == [own.pk, shared.pk]
    actions.set_advanced(actor=world.amy, values={"use_shared": False, "budgets": {"chat": 60}})
    assert [each.pk for each in queries.providers_in_use(world.bob)] == [own.pk]
    assert [card.used for card in queries.provider_cards(world.bob)] == [True, False]
    assert shared in queries.providers_in_use(world.carl)
    for wrong in ({"budgets": {"chat": 1}}, {"budgets": {"x": 60}}, {"keep_alive": -5}, {"x": 1}):
        assert refused(actions.set_advanced, actor=world.amy, values=wrong).fields
    assert actions.set_advanced(actor=world.amy, values={}).use_shared


def test_settings_of_a_model_come_and_go(world: World, own: Provider) -> None:
    change = {"actor": world.amy, "provider": own, "model": NAME}
    saved = actions.set_model_setting(**change, context_window=4096)
    assert (saved.context_window, saved.parallel) == (4096, None)
    for wrong in ({"context_window": 3}, {"parallel": 99}):
        assert refused(actions.set_model_setting, **change, **wrong).fields.keys() == wrong.keys()
    assert actions.set_model_setting(**change) is None
    assert not ModelSetting.objects.exists()


@pytest.mark.parametrize(
    "call",
    [
        lambda actor: actions.set_generation_defaults(actor=actor, options={}),
        lambda actor: actions.set_preferences(actor=actor, preferences={}),
        lambda actor: actions.set_advanced(actor=actor, values={}),
    ],
)
def test_settings_take_an_admin(world: World, call: Any) -> None:
    for actor in (world.alice, world.bob, world.operator):
        with pytest.raises(PermissionDenied):
            call(actor)
    assert not ModelPreference.objects.exists()
