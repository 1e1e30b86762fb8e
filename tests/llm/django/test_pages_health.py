"""Health and usage: what each server says, what the machine does, what models were used for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from llm import actions
from llm.models import ModelCall, Provider
from llm.standin import Running
from tests.llm.django.seen import Seen, seen
from tests.world import World

URL = reverse("llm:health")


def health(world: World, user: Any, query: str = "", **options: Any) -> Seen:
    response = world.client(user).get(URL + query, **options)
    assert response.status_code == 200
    return seen(response)


def called(world: World, purpose: str = "chat", days_ago: float = 0, **values: Any) -> ModelCall:
    given = {"organization": world.acme, "user": world.bob, "model": "qwen3:4b", "outcome": "ok"}
    row = ModelCall.objects.create(purpose=purpose, **{**given, **values})
    moment = clock.now() - timedelta(days=days_ago)
    ModelCall.objects.filter(pk=row.pk).update(created_at=moment)
    return row


def test_each_server_says_how_it_is(world: World, own: Provider, shared: Provider) -> None:
    Provider.objects.create(
        organization=world.acme, name="Dead", kind="ollama", base_url="http://127.0.0.1:9"
    )
    Provider.objects.create(
        organization=world.acme, name="Off", kind="ollama", base_url="http://127.0.0.1:9",
        enabled=False,
    )  # fmt: skip
    actions.load_model(actor=world.amy, provider=own, name="qwen3:4b")
    text = health(world, world.bob).text
    assert "Answers Ollama 0.32.9" in text
    assert "Does not answer" in text
    assert "Switched off" in text
    assert "shared by the installation" in text
    assert own.base_url not in text
    assert own.base_url in health(world, world.amy).text


def test_nothing_to_talk_to_is_a_page_too(world: World, shared: Provider, settings: Any) -> None:
    settings.OLLAMA_URL = "http://127.0.0.1:9"
    text = health(world, world.bob).text
    assert "Does not answer" in text
    assert "is an Ollama server running?" in text


def test_the_machine(world: World, own: Provider, server: Running) -> None:
    page = health(world, world.bob)
    for name in ("Processors", "Memory"):
        [meter] = page.having(aria_label=name)
        assert 0 <= float(meter["value"]) <= float(meter["max"])
    assert "no loaded model is on a GPU" in page.text
    actions.load_model(actor=world.amy, provider=own, name="qwen3:4b")
    assert "as the model servers say" in health(world, world.bob).text


def test_usage_in_figures(world: World, own: Provider) -> None:
    called(world, prompt_tokens=1000, completion_tokens=234, first_token_ms=100)
    called(world, prompt_tokens=10, first_token_ms=300, model="gemma3:4b")
    called(world, "title", outcome="failed", error_code="MODEL_TIMEOUT")
    called(world, "title", outcome="cached", first_token_ms=None)
    called(world, prompt_tokens=99_999, days_ago=20)
    called(world, prompt_tokens=77_777, organization=world.rival, user=world.carl)
    text = health(world, world.amy).text
    assert "Requests 4 1 from the cache" in text
    assert "Failed 1" in text
    assert "Tokens 1,244 234 of them written" in text
    assert "To the first word 200 ms" in text
    assert "Conversations 2 0 1,244 200 ms" in text
    assert "Titles 2 1 0 —" in text
    assert "gemma3:4b 1 0 10 300 ms" in text
    assert "77,777" not in text
    assert "Requests 5" in health(world, world.amy, "?days=30").text


@pytest.mark.parametrize("days", ["x", "0", "9999", "-7", "٣", "7' or 1=1"])
def test_a_period_that_is_none(world: World, own: Provider, days: str) -> None:
    page = health(world, world.amy, f"?days={days}")
    assert "No model was asked in this time" in page.text
    [current] = [named for _tag, named in page.tags if named.get("aria-current") == "true"]
    assert current["href"] == "?days=7#usage"


def test_usage_is_for_admins(world: World, own: Provider) -> None:
    called(world)
    for user in (world.bob, world.alice):
        page = health(world, user)
        assert "Requests" not in page.text
        assert reverse("llm:settings-connection") not in page.links.values()


def test_htmx_gets_the_state_alone(world: World, own: Provider) -> None:
    page = health(world, world.amy, headers={"HX-Request": "true", "HX-Target": "state"})
    assert page.tags[0][1]["id"] == "state"
    assert "Usage" not in page.text


def test_the_number_of_queries_does_not_grow_with_use(world: World, own: Provider) -> None:
    browser = world.client(world.amy)
    made = []
    for more in (3, 30):
        for number in range(more):
            called(world, model=f"m{number}", prompt_tokens=number)
        browser.get(URL)
        with CaptureQueriesContext(connection) as captured:
            browser.get(URL)
        made.append(len(captured))
    assert made[0] == made[1]
