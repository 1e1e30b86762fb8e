"""Preferences by purpose, and what Auto takes."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse

from llm import actions, queries
from llm.models import Provider
from llm.orchestration.purposes import Purpose
from llm.standin import Running
from llm.views.settings.preferences import choices_for, outcomes
from tests.world import World

URL = reverse("llm:settings-preferences")


def text_of(response: Any) -> str:
    return str(response.content.decode())


def options_of(text: str, name: str) -> list[str]:
    found = re.search(rf'<select name="{name}".*?</select>', text, re.DOTALL)
    assert found
    return re.findall(r'<option value="(.*?)"', found[0])


def test_choices_are_saved_without_gaps(world: World, own: Provider) -> None:
    values = {"chat-1": "", "chat-2": "qwen3:4b", "chat-4": "llama3.2:latest", "chat-5": "qwen3:4b"}
    assert world.client(world.amy).post(URL, values).status_code == 303
    preferences = queries.preferences_of(world.amy)
    assert preferences["chat"] == ["qwen3:4b", "llama3.2:latest"]
    assert preferences["title"] == []
    text = text_of(world.client(world.amy).get(URL))
    assert re.search(r'<option value="qwen3:4b" selected', text)
    assert queries.preferences_of(world.carl)["chat"] == []


def test_only_models_that_can_do_it_are_offered(world: World, own: Provider) -> None:
    text = text_of(world.client(world.amy).get(URL))
    assert "nomic-embed-text:latest" not in options_of(text, "chat-1")
    assert options_of(text, "embed-1")[:2] == ["", "nomic-embed-text:latest"]
    assert "qwen3:4b" not in " ".join(options_of(text, "embed-1"))


def test_one_that_is_gone_stays_and_says_so(world: World, own: Provider) -> None:
    actions.set_preferences(actor=world.amy, preferences={"sql": ["sqlcoder:7b", "qwen3:4b"]})
    text = text_of(world.client(world.amy).get(URL))
    assert "sqlcoder:7b (not installed)" in text
    values = {"sql-1": "sqlcoder:7b", "sql-2": "qwen3:4b"}
    assert world.client(world.amy).post(URL, values).status_code == 303
    assert queries.preferences_of(world.amy)["sql"] == ["sqlcoder:7b", "qwen3:4b"]


def test_more_than_five_are_not_lost(world: World, own: Provider) -> None:
    names = [f"model-{n}:latest" for n in range(7)]
    actions.set_preferences(actor=world.amy, preferences={"chat": names})
    text = text_of(world.client(world.amy).get(URL))
    assert "Choice 7" in text
    values = {f"chat-{n}": name for n, name in enumerate(names, 1)}
    assert world.client(world.amy).post(URL, values).status_code == 303
    assert queries.preferences_of(world.amy)["chat"] == names


def test_a_model_of_two_servers_can_be_named_at_one_of_them(
    world: World, own: Provider, shared: Provider
) -> None:
    models = queries.installed(world.amy)
    choices = dict(choices_for(Purpose.CHAT, models, []))
    assert choices["qwen3:4b"] == "qwen3:4b"
    assert choices[f"{own.pk}/qwen3:4b"] == "qwen3:4b on Acme's"
    assert choices[f"{shared.pk}/qwen3:4b"] == "qwen3:4b on Ollama"
    world.client(world.amy).post(URL, {"chat-1": f"{shared.pk}/qwen3:4b"})
    assert queries.preferences_of(world.amy)["chat"] == [f"{shared.pk}/qwen3:4b"]


def test_what_auto_takes_is_said_with_its_reason(world: World, own: Provider) -> None:
    models = queries.installed(world.amy)
    free = outcomes(models, queries.preferences_of(world.amy))
    assert free[Purpose.EMBED].model == "nomic-embed-text:latest"
    assert all(outcome.sentence for outcome in free.values())
    chosen = queries.preferences_of(world.amy) | {"chat": ["llama3.2"]}
    assert outcomes(models, chosen)[Purpose.CHAT].model == "llama3.2:latest"
    assert "Now: <strong>" in text_of(world.client(world.amy).get(URL))


def test_the_page_works_without_any_server(world: World, settings: Any, shared: Provider) -> None:
    settings.OLLAMA_URL = "http://127.0.0.1:9"
    response = world.client(world.amy).get(URL)
    assert response.status_code == 200
    assert "No model is known at present." in text_of(response)
    assert "Now: none." in text_of(response)


def test_a_model_that_was_not_offered_is_refused(
    world: World, own: Provider, server: Running
) -> None:
    response = world.client(world.amy).post(URL, {"title-1": "evil"})
    assert response.status_code == 422
    assert 'id="id_title-1_error"' in text_of(response)
