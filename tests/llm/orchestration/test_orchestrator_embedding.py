"""Texts to vectors."""

from __future__ import annotations

from typing import Any

import pytest

from llm.orchestrator import Budget, Embedded, Unanswered, embed, embed_now
from llm.standin import Behaviour, Script, StandIn, fails, hangs, running
from tests.llm.orchestration.desk import CHAT, EMBED, Desk

PATH = "/api/embed"


def asked(server: StandIn) -> list[list[str]]:
    return [request.json["input"] for request in server.requests if request.path == PATH]


async def vectors(desk: Desk, *texts: str, **fields: Any) -> Embedded:
    user = fields.pop("user", desk.world.alice)
    found = await embed(organization=user.organization, user=user, texts=texts, **fields)
    await desk.calls()
    return found


async def test_vectors_come_in_the_order_of_the_texts(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    both = await vectors(desk, "sales by region", "weather")
    turned = await vectors(desk, "weather", "sales by region")
    assert both.model == "nomic-embed-text:latest"
    assert both.vectors == turned.vectors[::-1]
    assert both.dimensions == len(both.vectors[0]) > 1


async def test_many_texts_go_in_batches(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    found = await vectors(desk, *(f"text {number}" for number in range(70)))
    assert [len(batch) for batch in asked(server)] == [32, 32, 6]
    assert len(found.vectors) == 70
    calls = await desk.calls()
    assert [(each.purpose, each.outcome) for each in calls] == [("embed", "ok")] * 3
    assert all(each.prompt_tokens and each.estimated for each in calls)


async def test_each_text_is_kept_for_itself(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await vectors(desk, "one", "two", fingerprint="all")
    again = await vectors(desk, "two", "three", "one", "three", fingerprint="all")
    assert asked(server) == [["one", "two"], ["three"]]
    assert again.cached == 2
    assert again.vectors[1] == again.vectors[3] != again.vectors[0]
    await vectors(desk, "one", fingerprint="all")
    assert (await desk.calls())[-1].outcome == "cached"


async def test_vectors_are_not_shared(desk: Desk) -> None:
    async with StandIn(Script(models=(EMBED,))) as server:
        await desk.aprovider(server.url, organization=None, name="Shared")
        await vectors(desk, "one", fingerprint="all")
        await vectors(desk, "one", fingerprint="some")
        await vectors(desk, "one", fingerprint="all", user=desk.world.charlie)
        assert len(asked(server)) == 3


async def test_a_passing_failure_is_tried_once_more(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(fails(503), on=PATH)
    found = await vectors(desk, "one")
    assert len(found.vectors) == 1
    assert found.notes == ("The first attempt failed, so the model was asked once more.",)


async def test_vectors_of_different_lengths_are_refused(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    wrong = {"embeddings": [[0.1, 0.2], [0.1]], "model": "nomic-embed-text"}
    server.script(Behaviour(status=200, body=wrong), on=PATH)
    with pytest.raises(Unanswered) as caught:
        await vectors(desk, "one", "two")
    assert caught.value.code == "MODEL_FAILED"


async def test_a_model_changed_under_its_name(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await vectors(desk, "one", fingerprint="all")
    other = [Behaviour(status=200, body={"embeddings": [[0.1, 0.2]] * n}) for n in (1, 2)]
    server.then(*other, on=PATH)
    found = await vectors(desk, "one", "two", fingerprint="all")
    assert (found.dimensions, found.cached, len(found.vectors)) == (2, 0, 2)
    assert asked(server) == [["one"], ["two"], ["one", "two"]]
    again = await vectors(desk, "one", "two", fingerprint="all")
    assert (again.cached, again.vectors, again.provider) == (2, found.vectors, "Own")
    assert len(asked(server)) == 3


async def test_only_the_same_model_stands_in(desk: Desk, server: StandIn) -> None:
    minilm = EMBED.__class__(name="all-minilm:latest", capabilities=("embedding",), size=1)
    async with (
        StandIn(Script(models=(minilm,))) as other,
        StandIn(Script(models=(EMBED,))) as same,
    ):
        await desk.aprovider(server.url, name="A", order=1)
        await desk.aprovider(other.url, name="B", order=2)
        await desk.aprovider(same.url, name="C", order=3)
        server.script(fails(500), on=PATH)
        found = await vectors(desk, "one", model="nomic-embed-text")
        assert found.model == "nomic-embed-text:latest"
        assert "did not answer" in found.notes[-1]
        assert asked(other) == []


async def test_nothing_that_embeds(desk: Desk) -> None:
    async with StandIn(Script(models=(CHAT,))) as server:
        await desk.aprovider(server.url)
        with pytest.raises(Unanswered) as caught:
            await vectors(desk, "one")
        assert caught.value.code == "MODEL_UNSUPPORTED"


async def test_no_texts_no_request(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    assert (await vectors(desk)).vectors == ()
    assert asked(server) == []


async def test_it_ends_with_its_budget(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(hangs(), on=PATH)
    with pytest.raises(Unanswered) as caught:
        await vectors(desk, "one", budget=Budget(total=1.0))
    assert caught.value.code == "MODEL_TIMEOUT"
    await server.wait_until(lambda: server.closed_early == 1)


def test_views_and_jobs_embed_too(desk: Desk) -> None:
    with running(Script(models=(EMBED,))) as server:
        desk.provider(server.url)
        found = embed_now(organization=desk.world.acme, texts=["one"])
    assert len(found.vectors) == 1
