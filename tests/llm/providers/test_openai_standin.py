"""The provider against the stand-in's /v1, which has Ollama's habits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from common.http.outgoing import SERVERS
from llm.providers.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    Done,
    Endpoint,
    Text,
    Thinking,
    ToolCall,
    ToolCalled,
)
from llm.providers.errors import ModelMissing, ServerBusy, StreamCut, Unsupported
from llm.providers.openai import OpenAIProvider
from llm.providers.options import GenerationOptions
from llm.standin import (
    MODELS,
    StandIn,
    calls,
    cut,
    endless,
    error_line,
    fails,
    html,
    says,
    thinks,
)

WORDS = "Grüße aus 日本, größer 🎉 als je"
TOOL = {"type": "function", "function": {"name": "sales", "parameters": {"type": "object"}}}


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn() as server:
        yield server


@pytest.fixture
def provider(server: StandIn) -> OpenAIProvider:
    return OpenAIProvider(Endpoint(server.url, SERVERS))


def able_to(*capabilities: str) -> str:
    return next(m.full_name for m in MODELS if all(m.can(c) for c in capabilities) and not m.remote)


def ask(text: str = "Hello there", model: str = "", **options: object) -> ChatRequest:
    chosen = GenerationOptions.model_validate(options)
    return ChatRequest(model or able_to("completion"), (ChatMessage("user", text),), chosen)


async def streaming(provider: OpenAIProvider, request: ChatRequest) -> list[Delta]:
    return [delta async for delta in provider.stream(request)]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, Text))


@pytest.mark.parametrize("sizes", [(), (1,), (1, 3), (2, 5, 1)])
async def test_a_stream_in_any_pieces(
    server: StandIn, provider: OpenAIProvider, sizes: tuple[int, ...]
) -> None:
    server.script(says(WORDS, write_sizes=sizes))
    deltas = await streaming(provider, ask())
    assert text_of(deltas) == WORDS
    assert isinstance(deltas[-1], Done)
    assert not deltas[-1].metrics.estimated
    assert deltas[-1].metrics.completion_tokens > 0


async def test_a_whole_answer(server: StandIn, provider: OpenAIProvider) -> None:
    server.script(says(WORDS))
    result = await provider.chat(ask())
    assert (result.text, result.reason) == (WORDS, "stop")
    assert result.metrics.prompt_tokens > 0


async def test_the_longest_answer(server: StandIn, provider: OpenAIProvider) -> None:
    server.script(says("one two three four five six"))
    result = await provider.chat(ask(num_predict=2))
    assert result.reason == "length"
    assert result.metrics.completion_tokens == 2


async def test_thoughts_and_no_thoughts(server: StandIn, provider: OpenAIProvider) -> None:
    server.script(thinks("Hm, well.", "Yes."))
    model = able_to("completion", "thinking")
    deltas = await streaming(provider, ask(model=model, think="max"))
    thoughts = [delta.text for delta in deltas if isinstance(delta, Thinking)]
    assert ("".join(thoughts), text_of(deltas)) == ("Hm, well.", "Yes.")
    deltas = await streaming(provider, ask(model=model, think=False))
    assert not any(isinstance(delta, Thinking) for delta in deltas)


async def test_a_model_that_cannot_think_says_so(provider: OpenAIProvider) -> None:
    model = next(m.full_name for m in MODELS if m.can("completion") and not m.can("thinking"))
    with pytest.raises(Unsupported):
        await streaming(provider, ask(model=model, think=True))
    assert text_of(await streaming(provider, ask(model=model, think=False)))


async def test_tools_there_and_back(server: StandIn, provider: OpenAIProvider) -> None:
    server.script(calls("sales", region="North"))
    model = able_to("completion", "tools")
    first = ChatRequest(model, (ChatMessage("user", "Sales?"),), tools=(TOOL,))
    deltas = await streaming(provider, first)
    (call,) = [delta.call for delta in deltas if isinstance(delta, ToolCalled)]
    assert call == ToolCall(call.id, "sales", {"region": "North"})
    assert isinstance(deltas[-1], Done)
    assert deltas[-1].reason == "tool_calls"

    server.script(says("42"))
    told = ChatMessage("tool", "[42]", tool_name="sales", tool_call_id=call.id)
    messages = (*first.messages, ChatMessage("assistant", tool_calls=(call,)), told)
    assert (await provider.chat(ChatRequest(model, messages, tools=(TOOL,)))).text == "42"


async def test_an_answer_in_a_schema(provider: OpenAIProvider) -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"type": "string", "enum": ["bar"]}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    request = ChatRequest(able_to("completion"), (ChatMessage("user", "JSON"),), format=schema)
    assert "bar" in (await provider.chat(request)).text


@pytest.mark.parametrize("abrupt", [False, True])
async def test_a_stream_that_breaks_off(
    server: StandIn, provider: OpenAIProvider, abrupt: bool
) -> None:
    server.script(says("one two three four", cut_after=2, cut="abrupt" if abrupt else "clean"))
    with pytest.raises(StreamCut):
        await streaming(provider, ask())


async def test_ollamas_silent_failure_in_mid_stream(
    server: StandIn, provider: OpenAIProvider
) -> None:
    """It writes one empty delta and stops: no reason, no [DONE], no word of the error."""
    server.script(error_line("CUDA out of memory"))
    with pytest.raises(StreamCut):
        await streaming(provider, ask())


async def test_stop_is_seen_by_the_server(server: StandIn, provider: OpenAIProvider) -> None:
    server.script(endless(rate=200))
    stream = provider.stream(ask())
    async for delta in stream:
        if isinstance(delta, Text):
            break
    await stream.aclose()
    await server.wait_until(lambda: server.closed_early == 1)


async def test_refusals(server: StandIn, provider: OpenAIProvider) -> None:
    with pytest.raises(ModelMissing):
        await streaming(provider, ask(model="absent"))
    server.then(fails(503))
    with pytest.raises(ServerBusy):
        await streaming(provider, ask())
    server.then(cut(after=1))
    with pytest.raises(StreamCut):
        await streaming(provider, ask())
    assert text_of(await streaming(provider, ask()))


async def test_the_models(provider: OpenAIProvider) -> None:
    assert {model.name for model in await provider.models()} == {m.full_name for m in MODELS}


async def test_vectors(provider: OpenAIProvider) -> None:
    first, second = await provider.embed(able_to("embedding"), ["red apples", "blue cars"])
    assert len(first) == len(second) > 0
    assert first != second


async def test_something_else_entirely(server: StandIn, provider: OpenAIProvider) -> None:
    server.script(html())
    with pytest.raises(Exception, match="not as an OpenAI-compatible server does"):
        await streaming(provider, ask())
