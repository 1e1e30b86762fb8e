"""Answers that are kept: for whom, and for what."""

from __future__ import annotations

from typing import Any

from llm.orchestrator import Finished, Purpose, run
from llm.providers.base import ChatMessage, Text
from llm.providers.options import GenerationOptions
from llm.standin import Script, StandIn, fails, says
from tests.llm.orchestration.desk import CHAT, Desk, chats, heard


def title(desk: Desk, text: str = "Name this", **fields: Any) -> Any:
    return desk.ask(text, **{"purpose": Purpose.TITLE, "fingerprint": "all", **fields})


async def test_the_same_question_is_asked_once(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(says("Sales"))
    first = await run(title(desk))
    await desk.calls()
    second = await run(title(desk))
    assert (second.text, second.path, first.path) == ("Sales", "cache", "model")
    assert len(chats(server)) == 1
    calls = await desk.calls()
    assert [each.outcome for each in calls] == ["ok", "cached"]
    assert calls[1].model == "llama3.2:latest"


async def test_a_colleague_with_the_same_rights_shares_it(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await run(title(desk))
    await desk.calls()
    await run(title(desk, user=desk.world.dave))
    assert len(chats(server)) == 1


async def test_a_stream_gets_it_too(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(says("Sales"))
    await run(title(desk))
    await desk.calls()
    events = await heard(title(desk))
    assert Text("Sales") in events
    assert isinstance(events[-1], Finished)
    assert events[-1].answer.path == "cache"


async def test_nothing_crosses_to_another_organisation(desk: Desk) -> None:
    async with StandIn(Script(models=(CHAT,))) as server:
        await desk.aprovider(server.url, organization=None, name="Shared")
        await run(title(desk))
        await desk.calls()
        await run(title(desk, user=desk.world.charlie))
        assert len(chats(server)) == 2


async def test_other_rights_another_answer(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    for fingerprint in ("all", "only north", "", ""):
        await run(title(desk, fingerprint=fingerprint))
        await desk.calls()
    assert len(chats(server)) == 4


async def test_what_else_makes_another_answer(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    form = {"type": "object", "properties": {"title": {"type": "string"}}}
    server.script(says('{"title": "Sales"}'))
    for ask in (
        title(desk),
        title(desk, "Name that"),
        title(desk, prompt_key="title@2"),
        title(desk, format=form),
        title(desk, options=GenerationOptions(seed=7)),
        title(desk, messages=(ChatMessage("system", "Name this"),)),
        title(desk, purpose=Purpose.EXTRACT),
    ):
        await run(ask)
        await desk.calls()
    assert len(chats(server)) == 7


async def test_conversations_and_warm_answers_are_not_kept(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    warm = GenerationOptions(temperature=0.7)
    for fields in ({"purpose": Purpose.CHAT}, {"options": warm}, {"purpose": Purpose.SUMMARY}):
        for _ in range(2):
            await run(title(desk, **fields))
            await desk.calls()
    assert len(chats(server)) == 6


async def test_failures_are_not_kept(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(fails(400), says("Sales"))
    await heard(title(desk))
    await desk.calls()
    assert (await run(title(desk))).text == "Sales"


async def test_a_filled_form_comes_back_as_an_object(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    form = {"type": "object", "properties": {"title": {"type": "string"}}}
    server.then(says('{"title": "Sales"}'))
    for _ in range(2):
        assert (await run(title(desk, format=form))).value == {"title": "Sales"}
        await desk.calls()
    assert len(chats(server)) == 1
