"""Access: the list, and the rule of a model or a whole provider."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from llm import queries
from llm.models import ModelAccess, Provider
from llm.views.settings.access import lines_of
from tests.world import World

URL = reverse("llm:settings-access")
EVERYBODY = ["Viewer", "Analyst", "Admin"]
CLOUD = "gpt-oss:120b-cloud"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def rule_url(provider: Provider, model: str = "") -> str:
    url = reverse("llm:settings-access-rule", args=[provider.pk])
    return f"{url}?{urlencode({'name': model})}"


def save(world: World, provider: Provider, model: str = "", **values: Any) -> Any:
    return world.client(world.amy).post(rule_url(provider, model), values)


def allowed(user: Any, provider: Provider) -> set[str]:
    return {row.name for row in queries.installed(user) if row.provider == provider and row.allowed}


def test_the_list_shows_providers_and_their_models(world: World, own: Provider) -> None:
    text = text_of(world.client(world.amy).get(URL))
    for name in ("Acme&#x27;s", "qwen3:4b", CLOUD):
        assert name in text
    assert "Not allowed to leave" in text
    assert "Some models run elsewhere." in text


def test_a_model_for_chosen_roles_only(world: World, own: Provider) -> None:
    assert save(world, own, "qwen3:4b", roles=["Analyst", "Admin"]).status_code == 303
    assert "qwen3:4b" not in allowed(world.bob, own)
    assert "qwen3:4b" in allowed(world.alice, own)
    assert "Analyst, Admin" in text_of(world.client(world.amy).get(URL))
    form = text_of(world.client(world.amy).get(rule_url(own, "qwen3:4b")))
    ticked = re.findall(r'value="(\w+)"[^>]*checked', form)
    assert ticked == ["Analyst", "Admin"]


def test_all_ticked_is_everybody_and_needs_no_row(world: World, own: Provider) -> None:
    save(world, own, "qwen3:4b", roles=["Admin"])
    save(world, own, "qwen3:4b", roles=EVERYBODY)
    assert not ModelAccess.objects.exists()
    assert "qwen3:4b" in allowed(world.bob, own)


def test_a_whole_provider(world: World, own: Provider) -> None:
    save(world, own, roles=["Admin"])
    assert allowed(world.alice, own) == set()
    assert ModelAccess.objects.get().model == ""


def test_prompts_leave_only_where_it_is_allowed(world: World, own: Provider) -> None:
    page = text_of(world.client(world.amy).get(rule_url(own, CLOUD)))
    assert "It runs on somebody else's machines." in page
    assert CLOUD not in allowed(world.amy, own)
    save(world, own, CLOUD, roles=EVERYBODY, external_allowed="on")
    assert CLOUD in allowed(world.amy, own)
    assert "May leave our machines" in text_of(world.client(world.amy).get(URL))
    save(world, own, CLOUD, roles=EVERYBODY)
    assert CLOUD not in allowed(world.amy, own)


def test_a_local_model_has_no_such_switch(world: World, own: Provider) -> None:
    world.client(world.amy).get(URL)
    assert "external_allowed" not in text_of(world.client(world.amy).get(rule_url(own, "qwen3:4b")))
    save(world, own, "qwen3:4b", roles=EVERYBODY, external_allowed="on")
    assert not ModelAccess.objects.exists()


def test_an_external_provider_is_allowed_as_a_whole(world: World, own: Provider) -> None:
    own.external = True
    own.save()
    assert allowed(world.amy, own) == set()
    save(world, own, roles=EVERYBODY, external_allowed="on")
    assert "qwen3:4b" in allowed(world.amy, own)
    page = text_of(world.client(world.amy).get(rule_url(own, "qwen3:4b")))
    assert "Prompts may leave for all models of Acme&#x27;s already." in page


def test_nobody_at_all_is_refused(world: World, own: Provider) -> None:
    response = save(world, own, "qwen3:4b", roles=[])
    assert response.status_code == 422
    assert "Tick at least one role." in text_of(response)
    assert save(world, own, "qwen3:4b", roles=["King"]).status_code == 422


def test_a_rule_about_a_model_that_is_gone_can_be_seen(world: World, own: Provider) -> None:
    save(world, own, "gone:7b", roles=["Admin"])
    line = next(line for line in lines_of(world.amy) if line.model == "gone:7b")
    assert line.missing
    assert "Not installed" in text_of(world.client(world.amy).get(URL))


def test_rules_are_the_organisations_own(world: World, shared: Provider, server: Any) -> None:
    save(world, shared, "qwen3:4b", roles=["Admin"])
    assert "qwen3:4b" not in allowed(world.alice, shared)
    assert "qwen3:4b" in allowed(world.charlie, shared)
    assert "qwen3:4b" not in [line.model for line in lines_of(world.carl) if line.roles]


def test_searching(world: World, own: Provider) -> None:
    text = text_of(world.client(world.amy).get(URL, {"q": "QWEN"}, headers={"HX-Request": "true"}))
    assert "<html" not in text
    assert "qwen3:4b" in text
    assert "gemma3:4b" not in text
    assert "Nothing found" in text_of(world.client(world.amy).get(URL, {"q": "zzz"}))


@pytest.mark.parametrize("name", ["x" * 201])
def test_names_that_are_none(world: World, own: Provider, name: str) -> None:
    assert world.client(world.amy).get(rule_url(own, name)).status_code == 404
