"""The provider against a whole server: models, answers, loading, pulls, and bad days."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import aclosing
from typing import Any

import pytest

from llm.providers.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    Done,
    Endpoint,
    ToolCalled,
)
from llm.providers.errors import (
    AddressRefused,
    AnswerTooLong,
    ModelMissing,
    NotAuthorized,
    NotUnderstood,
    PromptTooLong,
    ProviderError,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    StreamCut,
    Unsupported,
)
from llm.providers.meter import PullMeter
from llm.providers.ollama import OllamaProvider
from llm.providers.options import GenerationOptions
from llm.standin import (
    EVERYTHING,
    Behaviour,
    Script,
    StandIn,
    calls,
    cut,
    disk_full,
    endless,
    error_line,
    fails,
    garbage,
    holds,
    html,
    long_line,
    pieces,
    pullable,
    redirects,
    says,
    thinks,
    wrong_json,
)
from tests.llm.providers.servers import LOCAL, texts, thoughts

MODEL = "llama3.2"


def provider(server: StandIn) -> OllamaProvider:
    return OllamaProvider(Endpoint(server.url, LOCAL))


def ask(text: str = "Hello", model: str = MODEL, **options: Any) -> ChatRequest:
    return ChatRequest(model, (ChatMessage("user", text),), GenerationOptions(**options))


async def answer(server: StandIn, request: ChatRequest | None = None) -> list[Delta]:
    return [delta async for delta in provider(server).stream(request or ask())]


async def test_an_answer_with_its_figures() -> None:
    async with StandIn(pieces("Grüße", ", ", "größer", write_sizes=(1, 3))) as server:
        deltas = await answer(server)
        whole = await provider(server).chat(ask())
    assert texts(deltas) == whole.text == "Grüße, größer"
    done = deltas[-1]
    assert isinstance(done, Done)
    assert done.reason == "stop"
    assert done.metrics.completion_tokens == 3
    assert done.metrics.prompt_tokens > 0
    assert not done.metrics.estimated


async def test_text_of_the_terminal_line_is_not_lost() -> None:
    async with StandIn(says("One. ", done_text="Two.")) as server:
        assert texts(await answer(server)) == "One. Two."


async def test_figures_that_are_not_given_are_estimated() -> None:
    async with StandIn(says("12345678", metrics=False)) as server:
        done = (await answer(server))[-1]
    assert isinstance(done, Done)
    assert (done.metrics.completion_tokens, done.metrics.estimated) == (2, True)


async def test_thinking_when_it_is_asked_for_and_when_it_cannot_be() -> None:
    async with StandIn(thinks("Hm.", "Yes.")) as server:
        deltas = await answer(server, ask(model="qwen3:4b", think=True))
        quiet = await answer(server, ask(model="qwen3:4b", think=False))
        with pytest.raises(Unsupported, match="cannot think"):
            await answer(server, ask(think=True))
    assert (thoughts(deltas), texts(deltas)) == ("Hm.", "Yes.")
    assert (thoughts(quiet), texts(quiet)) == ("", "Yes.")


async def test_a_tool_is_called_and_its_answer_given_back() -> None:
    tool = {"type": "function", "function": {"name": "sales", "parameters": {"type": "object"}}}
    request = dataclasses.replace(ask(), tools=(tool,))
    async with StandIn(calls("sales", region="North")) as server:
        deltas = await answer(server, request)
        (call,) = [delta.call for delta in deltas if isinstance(delta, ToolCalled)]
        assert (call.name, call.arguments) == ("sales", {"region": "North"})
        assert isinstance(deltas[-1], Done)
        assert deltas[-1].reason == "tool_calls"
        turn = ChatMessage("assistant", tool_calls=(call,))
        result = ChatMessage("tool", "12", tool_name="sales", tool_call_id=call.id)
        server.script(says("Twelve."))
        request = dataclasses.replace(request, messages=(*request.messages, turn, result))
        assert texts(await answer(server, request)) == "Twelve."


async def test_an_answer_that_fits_a_schema() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    async with StandIn() as server:
        result = await provider(server).chat(dataclasses.replace(ask(), format=schema))
    assert result.text.startswith("{")


async def test_models_their_details_and_the_version() -> None:
    async with StandIn() as server:
        models = {model.name: model for model in await provider(server).models()}
        details = await provider(server).show("qwen3:4b")
        assert (await provider(server).version()).startswith("0.")
        with pytest.raises(ModelMissing):
            await provider(server).show("nothing")
    assert models["qwen3:4b"].family == "qwen3"
    assert models["qwen3:4b"].modified_at
    assert models["gpt-oss:120b-cloud"].remote_host
    assert not models["llama3.2:latest"].remote_host
    assert details.info.context_length == 262_144
    assert details.info.capabilities == {"completion", "tools", "thinking"}


async def test_loading_and_unloading_without_ever_loading_anew() -> None:
    async with StandIn() as server:
        ollama = provider(server)
        await ollama.load(MODEL, keep_alive="10m", num_ctx=8192)
        (running,) = await ollama.running()
        assert (running.name, running.context_length) == ("llama3.2:latest", 8192)
        assert running.expires_at
        await ollama.chat(ask(num_ctx=8192))
        await answer(server, ask(num_ctx=8192))
        assert (server.loads, server.reloads) == (1, 0)
        await ollama.unload(MODEL)
        assert await ollama.running() == []


async def test_a_model_for_embeddings() -> None:
    async with StandIn() as server:
        ollama = provider(server)
        await ollama.load("nomic-embed-text")
        assert server.loaded == ["nomic-embed-text:latest"]
        first, second = await ollama.embed("nomic-embed-text", ["sales", "sales north"])
        assert len(first) == len(second) > 0
        with pytest.raises(Unsupported):
            await answer(server, ask(model="nomic-embed-text"))
        await ollama.unload("nomic-embed-text")
        assert server.loaded == []


async def test_a_prompt_that_is_too_long_is_an_error_and_not_cut() -> None:
    async with StandIn() as server:
        with pytest.raises(PromptTooLong):
            await answer(server, ask("word " * 2000, num_ctx=512))
        assert not any(seen.dropped_messages for seen in server.requests)


async def test_a_pull_is_metered_and_the_model_is_there() -> None:
    async with StandIn() as server:
        server.offer(pullable("tiny", 1000, 50))
        meter = PullMeter()
        async for progress in provider(server).pull("tiny"):
            meter.feed(progress)
        assert meter.done
        assert (meter.completed, meter.total) == (1050, 1050)
        assert "tiny:latest" in server.installed
        await provider(server).delete("tiny")
        assert "tiny:latest" not in server.installed


async def test_a_pull_that_is_left_stops_and_goes_on_later() -> None:
    async with StandIn() as server:
        server.offer(pullable("held", 1000, hold_at=300))
        meter = PullMeter()
        async with aclosing(provider(server).pull("held")) as lines:
            async for progress in lines:
                meter.feed(progress)
                if meter.completed:
                    break
        await server.wait_until(lambda: server.closed_early == 1)
        assert 0 < meter.completed < 1000
        server.offer(pullable("held", 1000))
        async for progress in provider(server).pull("held"):
            meter.feed(progress)
        assert (meter.completed, meter.total) == (1000, 1000)


async def test_pulls_that_fail_say_why() -> None:
    async with StandIn() as server:
        server.offer(disk_full("big", 9000, at=4000))
        with pytest.raises(ServerFailed, match="no space left"):
            [_ async for _ in provider(server).pull("big")]
        with pytest.raises(ModelMissing, match="to download"):
            [_ async for _ in provider(server).pull("no-such-model")]


@pytest.mark.parametrize(
    ("behaviour", "kind", "kept"),
    [
        (cut(after=2), StreamCut, True),
        (cut(after=2, abrupt=True), StreamCut, True),
        (error_line("boom", after=2), ServerFailed, True),
        (pieces(*["na "] * 40), StreamCut, True),
        (says("Hello", never_done=True), StreamCut, True),
        (wrong_json(), NotUnderstood, False),
        (long_line(), NotUnderstood, False),
        (html(), NotUnderstood, False),
        (garbage(), NotUnderstood, False),
        (redirects("http://10.0.0.1/"), AddressRefused, False),
        (fails(500), ServerFailed, False),
        (fails(503), ServerBusy, False),
        (fails(429), ServerBusy, False),
        (fails(400), RequestRefused, False),
        (fails(403), NotAuthorized, False),
        (html(502), ServerFailed, False),
    ],
)
async def test_bad_days(behaviour: Behaviour, kind: type[ProviderError], kept: bool) -> None:
    got: list[Delta] = []

    async def listen() -> None:
        async for delta in provider(server).stream(ask()):
            got.append(delta)

    async with StandIn(behaviour) as server:
        with pytest.raises(kind) as caught:
            await listen()
    assert type(caught.value) is kind
    assert bool(texts(got)) == kept
    assert not any(isinstance(delta, Done) for delta in got)


async def test_a_missing_model() -> None:
    async with StandIn() as server:
        with pytest.raises(ModelMissing):
            await answer(server, ask(model="nothing:7b"))


async def test_a_cloud_model_without_a_sign_in() -> None:
    async with StandIn(Script(signed_in=False)) as server:
        with pytest.raises(NotAuthorized, match="ollama signin"):
            await answer(server, ask(model="gpt-oss:120b-cloud"))


async def test_the_check_of_the_host_name_passes_with_a_local_one() -> None:
    async with StandIn(Script(loopback_hosts_only=True)) as server:
        assert await provider(server).version()


async def test_something_else_at_every_address() -> None:
    async with StandIn() as server:
        for behaviour in (html(), garbage()):
            server.script(behaviour, on=EVERYTHING)
            for call in (provider(server).models(), provider(server).version()):
                with pytest.raises(NotUnderstood):
                    await call


async def test_an_answer_without_end() -> None:
    async with StandIn(endless()) as server:
        ollama = OllamaProvider(Endpoint(server.url, LOCAL), longest_answer=200_000)
        with pytest.raises(AnswerTooLong):
            [_ async for _ in ollama.stream(ask())]
        await server.wait_until(lambda: server.closed_early == 1)


async def test_stop_in_the_middle_reaches_the_server() -> None:
    async with StandIn(holds(after=2)) as server:
        task = asyncio.create_task(answer(server))
        await server.wait_until(lambda: server.open == 1 and server.requests[0].chunks >= 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.wait_until(lambda: server.closed_early == 1)
        server.script(says("Next."))
        assert texts(await answer(server)) == "Next."
