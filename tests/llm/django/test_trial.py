"""Try it: one question to a model, streamed to the page or answered as one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import AsyncClient
from django.urls import reverse

from llm.models import ModelCall, Provider
from llm.orchestrator import settled
from llm.standin import Running, endless, error_line, pieces, thinks
from tests.llm.django.pulling import parsed
from tests.llm.orchestration.desk import own_machinery
from tests.world import World, build_world

MODEL = "llama3.2:latest"
STREAM = {"Accept": "application/problem+json, text/event-stream"}


@pytest.fixture
def world(transactional_db: None) -> World:
    return build_world()


@pytest.fixture(autouse=True)
def _machinery() -> Iterator[None]:
    with own_machinery():
        yield


def url_of(provider: Provider, model: str = MODEL) -> str:
    query = urlencode({"provider": provider.pk, "name": model})
    return f"{reverse('llm:model-trial')}?{query}"


async def ask(world: World, provider: Provider, question: str = "Who?", model: str = MODEL) -> Any:
    browser = AsyncClient()
    await browser.aforce_login(world.amy, backend="accounts.backends.EmailBackend")
    return await browser.post(url_of(provider, model), {"question": question}, headers=STREAM)


async def events_of(response: Any) -> list[tuple[str, Any]]:
    assert response["Content-Type"] == "text/event-stream"
    return [parsed(part.decode()) async for part in response.streaming_content]


async def test_the_answer_comes_piece_by_piece(
    world: World, own: Provider, server: Running
) -> None:
    server.script(pieces("I ", "am ", "<b>a</b> ", "model."))
    events = await events_of(await ask(world, own))
    tokens = [data["text"] for name, data in events if name == "token"]
    assert tokens == ["I ", "am ", "<b>a</b> ", "model."]
    name, data = events[-1]
    assert name == "done"
    assert data["text"].startswith("4 tokens")


async def test_thinking_is_told_apart(world: World, own: Provider, server: Running) -> None:
    server.script(thinks("Let me see.", "Done."))
    events = await events_of(await ask(world, own, model="qwen3:4b"))
    thoughts = "".join(data["text"] for name, data in events if name == "thinking")
    said = "".join(data["text"] for name, data in events if name == "token")
    assert (thoughts, said) == ("Let me see.", "Done.")


async def test_what_goes_wrong_is_said(world: World, own: Provider, server: Running) -> None:
    server.script(error_line("the runner has stopped", after=2))
    events = await events_of(await ask(world, own))
    assert [name for name, _data in events].count("token") == 2
    name, data = events[-1]
    assert name == "error"
    assert "Try again" in data["text"]


async def test_leaving_stops_the_model(world: World, own: Provider, server: Running) -> None:
    server.script(endless(rate=50))
    parts = aiter(await ask(world, own))
    while parsed((await anext(parts)).decode())[0] != "token":
        pass
    await parts.aclose()
    await asyncio.to_thread(server.wait_until, lambda: server.closed_early == 1, 20)


async def test_neither_question_nor_answer_is_kept(
    world: World, own: Provider, server: Running
) -> None:
    server.script(pieces("unmistakable ", "answer"))
    await events_of(await ask(world, own, question="unmistakable question"))
    await settled()
    call = await ModelCall.objects.aget()
    assert (call.purpose, call.outcome, call.completion_tokens) == ("chat", "ok", 2)
    row = await ModelCall.objects.filter(pk=call.pk).values().aget()
    assert "unmistakable" not in str(row)


def test_without_javascript_the_whole_answer_comes(
    world: World, own: Provider, server: Running
) -> None:
    server.script(pieces("All ", "of ", "<it>."))
    page = world.client(world.amy).post(url_of(own), {"question": "Say all."})
    text = page.content.decode()
    assert "All of &lt;it&gt;." in text
    assert "Say all." in text
    assert "3 tokens" in text


def test_without_javascript_a_failure_is_said(world: World, own: Provider, server: Running) -> None:
    server.script(error_line("broken"))
    page = world.client(world.amy).post(url_of(own), {"question": "Say all."})
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()


def test_a_model_that_is_not_there(world: World, own: Provider, server: Running) -> None:
    page = world.client(world.amy).post(url_of(own, "nothing:1b"), {"question": "Anybody?"})
    assert 'role="alert"' in page.content.decode()
    assert "nothing:1b" in page.content.decode()


def test_only_those_who_manage_models_are_offered_it(world: World, own: Provider) -> None:
    query = urlencode({"provider": own.pk, "name": MODEL})
    for user, offered in ((world.amy, True), (world.alice, False), (world.bob, False)):
        page = world.client(user).get(f"{reverse('llm:model-detail')}?{query}")
        assert (b"<model-trial" in page.content) is offered
    query = urlencode({"provider": own.pk, "name": "nomic-embed-text:latest"})
    page = world.client(world.amy).get(f"{reverse('llm:model-detail')}?{query}")
    assert b"<model-trial" not in page.content
