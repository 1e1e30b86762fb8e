"""Answers that are kept: for whom, and for what."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from llm.models import ModelPreference
from llm.orchestrator import Finished, Purpose, Unanswered, run
from llm.providers.base import ChatMessage, Text
from llm.providers.options import GenerationOptions
from llm.standin import Behaviour, Script, StandIn, calls, cut, fails, says, thinks
from llm.survey import forget
from tests.llm.orchestration.desk import CHAT, Desk, chats, heard

TOOL = {"type": "function", "function": {"name": "sales", "parameters": {"type": "object"}}}


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


async def test_tools_that_were_called_are_called_again(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(calls("sales", region="North"))
    for _ in range(2):
        answer = await run(title(desk, purpose=Purpose.EXTRACT, tools=(TOOL,)))
        assert [each.name for each in answer.tool_calls] == ["sales"]
        await desk.calls()


async def test_a_thought_without_an_answer_is_none(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(thinks("Well, perhaps", "", done_reason="length"), says("Sales"))
    with pytest.raises(Unanswered) as caught:
        await run(title(desk))
    assert caught.value.code == "MODEL_CUT"
    assert caught.value.answer is not None
    assert caught.value.answer.thinking == "Well, perhaps"
    await desk.calls()
    assert (await run(title(desk))).text == "Sales"


async def test_an_answer_of_a_model_that_was_pulled_anew_is_another_one(
    desk: Desk, server: StandIn
) -> None:
    provider = await desk.aprovider(server.url)
    for _ in range(2):
        await run(title(desk))
        await desk.calls()
    assert len(chats(server)) == 1
    told = {"name": CHAT.full_name, "digest": "b" * 64, "capabilities": list(CHAT.capabilities)}
    server.script(Behaviour(status=200, body={"models": [told]}), on="/api/tags")
    await sync_to_async(forget)(provider)
    await run(title(desk))
    assert len(chats(server)) == 2


async def test_a_kept_answer_holds_nothing_of_a_failed_one(desk: Desk, server: StandIn) -> None:
    async with StandIn(Script(models=(CHAT,))) as other:
        await desk.aprovider(other.url, name="Second")
        other.script(says("Sales"))
        await run(title(desk))
        await desk.calls()
        first = await desk.aprovider(server.url, name="First")
        await ModelPreference.objects.acreate(
            organization=desk.world.acme,
            purpose="title",
            models_in_order=[f"{first.pk}/{CHAT.full_name}"],
        )
        server.script(cut(after=2, thinking="Well, perhaps it is", text="No."))
        answer = await run(title(desk))
        assert "(First) did not answer" in answer.notes[-1]
        assert (answer.text, answer.path, answer.provider) == ("Sales", "cache", "Second")
        assert (answer.thinking, answer.metrics, answer.first_token_ms) == ("", None, None)
