"""Thinking, tools, formats, errors and waiting (facts 3.6 to 3.10)."""

from __future__ import annotations

import pytest

from llm.providers.base import ChatMessage, ChatRequest, Delta, ToolCall, ToolCalled
from llm.providers.errors import (
    ModelMissing,
    NotAuthorized,
    NotUnderstood,
    ProviderError,
    ServerBusy,
    ServerFailed,
    StreamCut,
    Unsupported,
)
from llm.providers.options import Think
from tests.llm.providers.servers import (
    RawServer,
    ask,
    chunked,
    ended,
    head,
    line,
    ollama,
    reply,
    said,
    texts,
    thoughts,
)

FINISHED = reply(ended("Hi").strip())
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


async def collect(server: RawServer, into: list[Delta]) -> None:
    async for delta in ollama(server).stream(ask()):
        into.append(delta)


@pytest.mark.parametrize("think", [True, False, "low", "medium", "high", "max"])
async def test_fact_3_6_think_is_sent_as_given(think: Think) -> None:
    """Levels too: gpt-oss reads levels only, and booleans change nothing there."""
    async with RawServer(FINISHED) as server:
        await ollama(server).chat(ask(think=think))
        assert server.last["think"] == think
        assert "think" not in server.last["options"]


async def test_fact_3_6_think_that_is_not_given_is_left_to_the_server() -> None:
    async with RawServer(FINISHED) as server:
        await ollama(server).chat(ask())
        assert "think" not in server.last


async def test_fact_3_6_thinking_is_kept_apart_from_the_text() -> None:
    async with RawServer(head(), said(thinking="Hm."), said("Yes."), ended()) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    assert (thoughts(deltas), texts(deltas)) == ("Hm.", "Yes.")


async def test_fact_3_6_a_model_that_cannot_think_says_so() -> None:
    error = {"error": '"m" does not support thinking'}
    async with RawServer(reply(error, 400)) as server:
        with pytest.raises(Unsupported, match="cannot think") as caught:
            await ollama(server).chat(ask(think=True))
    assert not caught.value.counts


async def test_fact_3_6_thinking_goes_back_with_turns_of_tools() -> None:
    call = ToolCall("call_1", "look", {"at": 1})
    turn = ChatMessage("assistant", thinking="I must look.", tool_calls=(call,))
    result = ChatMessage("tool", "a cat", tool_name="look", tool_call_id="call_1")
    request = ChatRequest("m", (ChatMessage("user", "?"), turn, result))
    async with RawServer(FINISHED) as server:
        await ollama(server).chat(request)
    assert server.last["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "thinking": "I must look.",
            "tool_calls": [{"id": "call_1", "function": {"name": "look", "arguments": {"at": 1}}}],
        },
        {"role": "tool", "content": "a cat", "tool_name": "look", "tool_call_id": "call_1"},
    ]


async def test_fact_3_6_capabilities_from_show_and_from_the_list() -> None:
    told = {"name": "m", "capabilities": ["completion", "thinking", 3]}
    paths = {
        "/api/tags": [reply({"models": [told, {"name": "old"}]})],
        "/api/show": [reply({"capabilities": ["completion", "tools"]})],
    }
    async with RawServer(by_path=paths) as server:
        new, old = await ollama(server).models()
        details = await ollama(server).show("m")
    assert new.capabilities == {"completion", "thinking"}
    assert old.capabilities is None
    assert details.info.capabilities == {"completion", "tools"}


async def test_fact_3_7_tools_are_sent_and_their_calls_read_as_objects() -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": SCHEMA}}
    request = ChatRequest("m", (ChatMessage("user", "?"),), tools=(tool,))
    calls = [
        {"id": "call_ab12cd34", "function": {"name": "look", "arguments": {"at": [1]}}},
        {"function": {"name": "stay", "arguments": {}}},
    ]
    async with RawServer(head(), said(tool_calls=calls), ended()) as server:
        deltas = [delta async for delta in ollama(server).stream(request)]
    assert server.last["tools"] == [tool]
    assert [delta.call for delta in deltas if isinstance(delta, ToolCalled)] == [
        ToolCall("call_ab12cd34", "look", {"at": [1]}),
        ToolCall("call_2", "stay", {}),
    ]


@pytest.mark.parametrize(
    "call",
    [{"function": {"name": "look", "arguments": '{"at": 1}'}}, {"function": {"arguments": {}}}, {}],
)
async def test_fact_3_7_a_call_that_cannot_be_read_is_not_guessed(call: object) -> None:
    async with RawServer(head(), said(tool_calls=[call]), ended()) as server:
        with pytest.raises(NotUnderstood, match="called a tool"):
            await collect(server, [])


async def test_fact_3_7_a_model_that_cannot_use_tools_says_so() -> None:
    error = {"error": "registry.ollama.ai/library/m:latest does not support tools"}
    async with RawServer(reply(error, 400)) as server:
        with pytest.raises(Unsupported, match="cannot use tools"):
            await collect(server, [])


@pytest.mark.parametrize("wanted", ["json", SCHEMA])
async def test_fact_3_8_format_is_sent_as_given(wanted: object) -> None:
    request = ChatRequest("m", (ChatMessage("user", "JSON"),), format=wanted)  # type: ignore[arg-type]
    async with RawServer(FINISHED) as server:
        await ollama(server).chat(request)
    assert server.last["format"] == wanted
    # Whether to think first (two passes) is the caller's choice: nothing is slipped in.
    assert "think" not in server.last


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (404, {"error": "model 'x' not found"}, ModelMissing),
        (401, {"error": "unauthorized", "signin_url": "https://ollama.com/c"}, NotAuthorized),
        (403, {"error": "cloud models are disabled"}, NotAuthorized),
        (500, {"error": "llama runner process has terminated"}, ServerFailed),
        (502, {"error": "remote model unavailable"}, ServerFailed),
    ],
)
async def test_fact_3_9_statuses(status: int, error: object, kind: type[ProviderError]) -> None:
    async with RawServer(reply(error, status)) as server:
        with pytest.raises(kind):
            await collect(server, [])
        with pytest.raises(kind):
            await ollama(server).chat(ask())


async def test_fact_3_9_an_error_line_in_mid_stream_ends_it_with_its_words() -> None:
    got: list[Delta] = []
    error = b'{"error":"an error was encountered while running the model: CUDA"}\n'
    async with RawServer(head(), said("Hel"), error) as server:
        with pytest.raises(ServerFailed, match="CUDA") as caught:
            await collect(server, got)
    assert texts(got) == "Hel"
    assert caught.value.counts


async def test_fact_3_9_a_stream_that_just_ends_is_cut() -> None:
    """More than thirty tokens alike: no terminal chunk, no error, the connection ends well."""
    got: list[Delta] = []
    async with RawServer(head(), *[said("na ")] * 31) as server:
        with pytest.raises(StreamCut):
            await collect(server, got)
    assert texts(got) == "na " * 31


async def test_fact_3_9_so_is_one_whose_connection_breaks() -> None:
    got: list[Delta] = []
    opening = head(Transfer_Encoding="chunked")
    async with RawServer(opening, chunked(said("Hel"), b'{"mess')) as server:
        with pytest.raises(StreamCut):
            await collect(server, got)
    assert texts(got) == "Hel"


async def test_fact_3_9_an_answer_at_once_without_its_end_is_cut_too() -> None:
    async with RawServer(reply(said("na na").strip())) as server:
        with pytest.raises(StreamCut):
            await ollama(server).chat(ask())


async def test_fact_3_9_an_error_with_status_200_is_one() -> None:
    async with RawServer(reply({"error": "boom"})) as server:
        for call in (ollama(server).chat(ask()), ollama(server).load("m")):
            with pytest.raises(ServerFailed, match="boom"):
                await call


async def test_fact_3_10_a_full_queue_is_busy_and_may_be_tried_again() -> None:
    words = "server busy, please try again.  maximum pending requests exceeded"
    async with RawServer(reply({"error": words}, 503)) as server:
        with pytest.raises(ServerBusy, match="its queue is full") as caught:
            await collect(server, [])
    assert caught.value.retryable


async def test_fact_3_10_silence_before_the_first_token_is_not_ours_to_judge() -> None:
    """With a loaded model a request may wait without a sign: the caller's budget decides."""
    async with RawServer(0.4, head(), ended("Hi")) as server:
        provider = ollama(server, answer_seconds=0.1)
        assert texts([delta async for delta in provider.stream(ask())]) == "Hi"
    async with RawServer(0.4, FINISHED) as server:
        assert (await ollama(server, answer_seconds=0.1).chat(ask())).text == "Hi"


async def test_an_end_within_a_line_is_a_cut_and_not_another_protocol() -> None:
    got: list[Delta] = []
    async with RawServer(head(), said("Hel"), line(message={"content": "lo"})[:-9]) as server:
        with pytest.raises(StreamCut):
            await collect(server, got)
    assert texts(got) == "Hel"
