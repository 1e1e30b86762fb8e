"""What is sent besides the messages. Numbers of facts are those of the notes on Ollama."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pydantic import ValidationError

from llm.models import GenerationDefaults, LanguageModelSettings, ModelSetting
from llm.orchestration.options import window_for
from llm.orchestrator import (
    Budget,
    Built,
    Finished,
    Loading,
    Noted,
    Purpose,
    Target,
    Unanswered,
    run,
    stream,
    target_for,
)
from llm.providers.base import ChatMessage, ModelInfo
from llm.providers.errors import PromptTooLong
from llm.providers.options import GenerationOptions
from llm.standin import Model, Script, StandIn, holds, says, thinks
from tests.llm.orchestration.desk import CHAT, Desk, chats, heard

THINKER = Model(name="qwen3:4b", capabilities=("completion", "tools", "thinking"))
GPT_OSS = Model(name="gpt-oss:20b", family="gptoss", capabilities=("completion", "thinking"))
FORM = {
    "type": "object",
    "properties": {"chart": {"type": "string", "enum": ["bar", "line"]}},
    "required": ["chart"],
    "additionalProperties": False,
}


async def put(row: Any, **fields: Any) -> Any:
    return await sync_to_async(row.objects.create)(**fields)


async def test_facts_3_18_titles_and_summaries_use_the_window_of_the_chat(
    desk: Desk, server: StandIn
) -> None:
    provider = await desk.aprovider(server.url)
    await put(ModelSetting, provider=provider, model="llama3.2:latest", context_window=6000)
    for purpose in (Purpose.CHAT, Purpose.TITLE, Purpose.SUMMARY, Purpose.EXTRACT, Purpose.SQL):
        smaller = GenerationOptions(num_ctx=2048)
        await run(desk.ask(f"{purpose} please", purpose=purpose, options=smaller))
        await run(desk.ask(f"{purpose} again", purpose=purpose))
    assert {sent(request)["num_ctx"] for request in chats(server)} == {6000}
    assert (server.loads, server.reloads) == (1, 0)


async def test_facts_3_18_a_title_waits_until_nobody_uses_the_model(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(server.url, parallel=4)
    title = desk.ask(purpose=Purpose.TITLE, when_idle=True)
    server.script(holds(after=1))
    async with aclosing(stream(desk.ask())) as events:
        await anext(events)
        await server.wait_until(lambda: len(chats(server)) == 1)
        with pytest.raises(Unanswered) as caught:
            await run(title)
    assert caught.value.code == "MODEL_BUSY"
    assert len(chats(server)) == 1
    server.script(says("Sales"))
    assert (await run(title)).text == "Sales"


async def test_the_window_of_a_shared_provider_is_the_installation_s(desk: Desk) -> None:
    async with StandIn(Script(models=(CHAT,))) as server:
        await desk.aprovider(server.url, organization=None, name="Shared")
        await put(GenerationDefaults, organization=None, options={"num_ctx": 4096})
        await put(GenerationDefaults, organization=desk.world.acme, options={"num_ctx": 32768})
        await run(desk.ask())
        await run(desk.ask(user=desk.world.charlie))
        assert {sent(request)["num_ctx"] for request in chats(server)} == {4096}
        assert server.reloads == 0


async def test_the_window_of_an_own_provider_is_the_organisation_s(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(server.url)
    await put(GenerationDefaults, organization=None, options={"num_ctx": 4096})
    await put(GenerationDefaults, organization=desk.world.acme, options={"num_ctx": 16384})
    await run(desk.ask())
    assert sent(chats(server)[0])["num_ctx"] == 16384


async def test_nobody_said_a_window(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await run(desk.ask())
    assert sent(chats(server)[0])["num_ctx"] == 8192


async def test_layers_of_options(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    instance = {"temperature": 0.1, "top_k": 10, "top_p": 0.5}
    await put(GenerationDefaults, organization=None, options=instance)
    own = {"temperature": 0.2, "top_k": 20}
    await put(GenerationDefaults, organization=desk.world.acme, options=own)
    await run(desk.ask(options=GenerationOptions(temperature=0.3)))
    options = sent(chats(server)[0])
    assert (options["temperature"], options["top_k"], options["top_p"]) == (0.3, 20, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": 3}, {"top_k": 1.5}, {"num_ctx": "8192"}, {"numCtx": 8192}, {"stop": "x"}],
)
def test_options_are_checked_before_they_are_sent(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GenerationOptions.model_validate(wrong)


async def test_stored_options_that_cannot_be_read_are_left_out(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await put(GenerationDefaults, organization=desk.world.acme, options={"temperature": "hot"})
    await run(desk.ask())
    assert "temperature" not in sent(chats(server)[0])


async def test_facts_3_17_forms_are_filled_in_without_chance_or_thought(desk: Desk) -> None:
    async with StandIn(Script(models=(THINKER,))) as server:
        await desk.aprovider(server.url)
        await put(GenerationDefaults, organization=desk.world.acme, options={"temperature": 1.2})
        server.script(says('{"chart": "bar"}'))
        answer = await run(desk.ask(purpose=Purpose.EXTRACT, format=FORM))
    body = chats(server)[0].json
    assert answer.value == {"chart": "bar"}
    assert body["format"] == FORM
    assert body["think"] is False
    assert body["options"]["temperature"] == 0
    assert body["options"]["num_predict"] == 1024


async def test_facts_3_17_an_answer_cut_by_its_length_is_a_failure(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(server.url)
    server.script(says('{"chart": "bar"}', done_reason="length"))
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(purpose=Purpose.EXTRACT, format=FORM))
    assert caught.value.code == "MODEL_CUT"
    (call,) = await desk.calls()
    assert (call.outcome, call.error_code) == ("failed", "MODEL_CUT")


async def test_facts_3_17_an_answer_is_checked_and_corrected_once(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(server.url)
    server.then(says('{"chart": "pie"}'), says('{"chart": "line"}'))
    answer = await run(desk.ask(purpose=Purpose.EXTRACT, format=FORM))
    assert answer.value == {"chart": "line"}
    assert answer.notes == ("The model's answer had the wrong form; it was asked to correct it.",)
    first, second = (request.json["messages"] for request in chats(server))
    assert second[: len(first)] == first
    assert second[len(first)] == {"role": "assistant", "content": '{"chart": "pie"}'}
    assert "must be one of" in second[-1]["content"]
    calls = await desk.calls()
    assert [(each.attempt, each.outcome) for each in calls] == [(1, "failed"), (2, "ok")]


async def test_facts_3_17_a_second_wrong_answer_is_given_up(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(says("I would draw bars."))
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(purpose=Purpose.EXTRACT, format=FORM))
    assert caught.value.code == "MODEL_FAILED"
    assert "does not have the form" in caught.value.message
    assert len(chats(server)) == 2


async def test_a_title_is_not_corrected(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(says("no JSON"))
    with pytest.raises(Unanswered):
        await run(desk.ask(purpose=Purpose.TITLE, format=FORM))
    assert len(chats(server)) == 1


async def test_thinking_is_asked_only_of_models_that_can(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await run(desk.ask(options=GenerationOptions(think=True)))
    assert "think" not in chats(server)[0].json


async def test_thinking_is_told_apart_from_the_answer(desk: Desk) -> None:
    async with StandIn(Script(models=(THINKER,))) as server:
        await desk.aprovider(server.url)
        server.script(thinks("Hm, sales.", "Sales."))
        last = (await heard(desk.ask(options=GenerationOptions(think=True))))[-1]
    assert isinstance(last, Finished)
    assert (last.answer.thinking, last.answer.text) == ("Hm, sales.", "Sales.")
    assert chats(server)[0].json["think"] is True


async def test_gpt_oss_is_told_to_be_brief(desk: Desk) -> None:
    async with StandIn(Script(models=(GPT_OSS,))) as server:
        await desk.aprovider(server.url)
        await run(desk.ask(purpose=Purpose.TITLE))
    body = chats(server)[0].json
    assert (body["think"], body["options"]["num_predict"]) == ("low", 128 + 1024)


@pytest.mark.parametrize(("minutes", "wire"), [(None, None), (30, "30m"), (-1, -1), (0, "0m")])
async def test_how_long_a_model_stays_loaded(
    desk: Desk, server: StandIn, minutes: int | None, wire: object
) -> None:
    await desk.aprovider(server.url)
    values = {"keep_alive": minutes}
    await put(LanguageModelSettings, organization=desk.world.acme, values=values)
    await run(desk.ask())
    assert chats(server)[0].json.get("keep_alive") == wire


async def test_a_prompt_is_built_for_the_model_that_reads_it(desk: Desk, server: StandIn) -> None:
    provider = await desk.aprovider(server.url)
    seen: list[Target] = []

    async def build(target: Target) -> Built:
        seen.append(target)
        return Built((ChatMessage("user", "Short."),), ("12 messages left out.",))

    events = await heard(desk.ask(messages=build))
    assert seen == [
        Target(
            provider_id=provider.pk,
            provider="Own",
            model="llama3.2:latest",
            window=8192,
            capabilities=frozenset({"completion", "tools"}),
        )
    ]
    assert Noted("12 messages left out.") in events
    assert isinstance(events[-1], Finished)
    assert events[-1].answer.notes == ("12 messages left out.",)


async def test_a_prompt_that_does_not_fit_is_said(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)

    async def build(target: Target) -> Built:
        raise PromptTooLong("The question alone is longer than the model can read.")

    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(messages=build))
    assert caught.value.code == "PROMPT_TOO_LONG"
    assert chats(server) == []


async def test_a_prompt_that_is_never_built_ends_with_the_budget(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(server.url)

    async def build(target: Target) -> Built:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(messages=build, budget=Budget(total=0.5)))
    assert (caught.value.code, caught.value.retryable) == ("MODEL_TIMEOUT", True)
    (call,) = await desk.calls()
    assert (call.outcome, call.error_code) == ("refused", "MODEL_TIMEOUT")


def sent(request: Any) -> dict[str, Any]:
    return dict(request.json["options"])


async def test_the_window_for_loading_is_the_one_for_calls(desk: Desk, server: StandIn) -> None:
    own = await desk.aprovider(server.url)
    shared = await desk.aprovider(server.url, organization=None, name="Shared")
    await put(GenerationDefaults, organization=None, options={"num_ctx": 4096})
    await put(GenerationDefaults, organization=desk.world.acme, options={"num_ctx": 16384})
    await put(ModelSetting, provider=shared, model="set:1b", context_window=1024)
    window = sync_to_async(window_for)
    assert await window(own, ModelInfo("llama3.2:latest")) == 16384
    assert await window(own, ModelInfo("small:1b", context_length=2048)) == 2048
    assert await window(shared, ModelInfo("llama3.2:latest")) == 4096
    assert await window(shared, ModelInfo("set:1b")) == 1024


async def test_which_model_it_would_be(desk: Desk, server: StandIn) -> None:
    provider = await desk.aprovider(server.url)
    target = await target_for(desk.ask())
    assert (target.provider_id, target.model, target.window) == (
        provider.pk,
        "llama3.2:latest",
        8192,
    )
    assert chats(server) == []


async def test_a_server_that_does_not_tell_what_is_loaded_is_not_said_to_load(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(f"{server.url}/v1", kind="openai")
    events = await heard(desk.ask(model="llama3.2:latest"))
    assert isinstance(events[-1], Finished)
    assert not any(isinstance(event, Loading) for event in events)
