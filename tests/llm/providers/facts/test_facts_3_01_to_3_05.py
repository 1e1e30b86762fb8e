"""Endpoints, the chat request, its stream, options and the context window (facts 3.1 to 3.5)."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from llm.providers.base import ChatMessage, ChatRequest, Done, Metrics, Text, ToolCalled
from llm.providers.errors import NotAuthorized, PromptTooLong, RequestRefused
from llm.providers.options import GenerationOptions
from tests.llm.providers.servers import (
    RawServer,
    ask,
    ended,
    head,
    line,
    ollama,
    reply,
    said,
    texts,
    thoughts,
)

MODELS = reply({"models": []})
PATHS = {
    "/api/tags": [MODELS],
    "/api/ps": [MODELS],
    "/api/version": [reply({"version": "0.13.0"})],
    "/api/show": [reply({"details": {}})],
    "/api/delete": [reply()],
    "/api/embed": [reply({"embeddings": [[1.0]]})],
    "/api/pull": [head(), line(status="success")],
    "/api/chat": [reply(ended("Hi").strip())],
}


async def test_fact_3_1_the_endpoints_and_their_methods() -> None:
    async with RawServer(by_path=PATHS) as server:
        provider = ollama(server)
        await provider.models()
        await provider.running()
        await provider.version()
        await provider.show("m")
        await provider.delete("m")
        await provider.embed("m", ["a"])
        [_ async for _ in provider.pull("m")]
        await provider.chat(ask())
    assert [(seen.method, seen.path) for seen in server.seen] == [
        ("GET", "/api/tags"),
        ("GET", "/api/ps"),
        ("GET", "/api/version"),
        ("POST", "/api/show"),
        ("DELETE", "/api/delete"),
        ("POST", "/api/embed"),
        ("POST", "/api/pull"),
        ("POST", "/api/chat"),
    ]


async def test_fact_3_1_an_empty_403_is_the_check_of_the_host_name() -> None:
    async with RawServer(reply(status=403)) as server:
        with pytest.raises(NotAuthorized, match="OLLAMA_HOST") as caught:
            await ollama(server).version()
    assert not caught.value.counts


async def test_fact_3_2_stream_is_always_said() -> None:
    async with RawServer(head(), ended()) as server:
        [_ async for _ in ollama(server).stream(ask())]
        assert server.last["stream"] is True
    async with RawServer(reply(ended("Hi").strip())) as server:
        await ollama(server).chat(ask())
        assert server.last["stream"] is False


async def test_fact_3_2_messages_carry_what_the_server_knows_and_no_more() -> None:
    request = ChatRequest(
        "lib/m:tag",
        (
            ChatMessage("system", "Be brief."),
            ChatMessage("user", "What is this?", images=("aGVsbG8=",)),
        ),
        keep_alive="10m",
    )
    async with RawServer(reply(ended("Hi").strip())) as server:
        await ollama(server).chat(request)
    assert server.last == {
        "model": "lib/m:tag",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is this?", "images": ["aGVsbG8="]},
        ],
        "stream": False,
        "options": {},
        "truncate": False,
        "shift": False,
        "keep_alive": "10m",
    }


async def test_fact_3_3_lines_become_deltas() -> None:
    async with RawServer(head(), said("Hel"), said("lo"), ended()) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    assert deltas[:2] == [Text("Hel"), Text("lo")]
    assert isinstance(deltas[2], Done)
    assert len(deltas) == 3


async def test_fact_3_3_done_chunk_carries_content() -> None:
    call = {"function": {"name": "look", "arguments": {"at": 1}}}
    last = ended("lo", message={"thinking": "so", "tool_calls": [call]})
    async with RawServer(head(), said("Hel"), last) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    assert texts(deltas) == "Hello"
    assert thoughts(deltas) == "so"
    assert [delta.call.arguments for delta in deltas if isinstance(delta, ToolCalled)] == [
        {"at": 1}
    ]
    assert isinstance(deltas[-1], Done)


async def test_fact_3_3_figures_are_nanoseconds() -> None:
    async with RawServer(head(), ended("Hi")) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    done = deltas[-1]
    assert isinstance(done, Done)
    assert done.metrics == Metrics(
        prompt_tokens=26,
        completion_tokens=40,
        queue_ms=1500.0,
        load_ms=1000.0,
        prefill_ms=500.0,
        decode_ms=2000.0,
        total_ms=5000.0,
    )
    assert done.metrics.tokens_per_second == 20.0


async def test_fact_3_3_zero_figures_are_left_out() -> None:
    bare = line(message={"role": "assistant", "content": ""}, done=True, done_reason="stop")
    async with RawServer(head(), bare) as server:
        deltas = [delta async for delta in ollama(server).stream(ask(text=""))]
    assert deltas == [Done(Metrics(), "stop")]


async def test_fact_3_3_waiting_is_in_no_figure_and_never_negative() -> None:
    async with RawServer(reply(ended("Hi", total_duration=1_000_000_000).strip())) as server:
        result = await ollama(server).chat(ask())
    assert result.metrics.queue_ms == 0.0


async def test_fact_3_3_a_chunk_is_not_a_token() -> None:
    chunks = [said("three words here")] * 3
    async with RawServer(head(), *chunks, ended(eval_count=9)) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    done = deltas[-1]
    assert isinstance(done, Done)
    assert done.metrics.completion_tokens == 9
    assert not done.metrics.estimated


async def test_fact_3_3_counts_the_server_does_not_give_are_estimated_and_marked() -> None:
    last = line(message={"role": "assistant", "content": ""}, done=True, done_reason="stop")
    async with RawServer(head(), said("nine char"), said("", thinking="abc"), last) as server:
        deltas = [delta async for delta in ollama(server).stream(ask("12345"))]
    done = deltas[-1]
    assert isinstance(done, Done)
    assert (done.metrics.prompt_tokens, done.metrics.completion_tokens) == (2, 3)
    assert done.metrics.estimated


@pytest.mark.parametrize("reason", ["stop", "length", "load", "unload", ""])
async def test_fact_3_3_the_reason_is_passed_on(reason: str) -> None:
    async with RawServer(reply(ended("Hi", done_reason=reason).strip())) as server:
        assert (await ollama(server).chat(ask())).reason == reason


async def test_fact_3_3_tool_calls_say_stop_and_are_told_apart_here() -> None:
    call = {"function": {"name": "look", "arguments": {}}}
    async with RawServer(head(), said(tool_calls=[call]), ended()) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    assert isinstance(deltas[-1], Done)
    assert deltas[-1].reason == "tool_calls"


async def test_fact_3_4_options_by_their_wire_names_and_types() -> None:
    options = {
        "temperature": 0.0,
        "top_p": 0.5,
        "top_k": 10,
        "repeat_penalty": 1.1,
        "num_ctx": 8192,
        "num_predict": 100,
        "stop": ("END",),
        "seed": 7,
    }
    async with RawServer(reply(ended("Hi").strip())) as server:
        await ollama(server).chat(ask(**options, think=False))
    assert server.last["options"] == options | {"stop": ["END"]}


def test_fact_3_4_unknown_options_are_refused_before_they_are_sent() -> None:
    with pytest.raises(ValidationError):
        GenerationOptions.model_validate({"numCtx": 4096})
    with pytest.raises(ValidationError):
        GenerationOptions.model_validate({"top_k": "40"})
    with pytest.raises(ValidationError):
        GenerationOptions.model_validate({"stop": "END"})


async def test_fact_3_4_a_wrong_option_is_no_failure_of_the_server() -> None:
    error = {"error": 'option "top_k" must be of type integer'}
    async with RawServer(reply(error, 500)) as server:
        with pytest.raises(RequestRefused) as caught:
            await ollama(server).chat(ask())
    assert not caught.value.counts


async def test_fact_3_4_shift_is_the_same_on_every_call_to_a_model() -> None:
    async with RawServer(reply(ended("Hi").strip())) as server:
        provider = ollama(server)
        await provider.chat(ask(num_ctx=8192))
        [_ async for _ in provider.stream(ask(num_ctx=8192))]
        await provider.load("m", num_ctx=8192)
    assert {seen.json["shift"] for seen in server.seen} == {False}
    assert {seen.json["options"]["num_ctx"] for seen in server.seen} == {8192}


async def test_fact_3_5_silent_truncation_is_an_error() -> None:
    words = "the prompt is longer than the context length currently available (4096)"
    async with RawServer(reply({"error": words}, 400)) as server:
        with pytest.raises(PromptTooLong, match="longer than what the model can read"):
            [_ async for _ in ollama(server).stream(ask())]
        assert server.last["truncate"] is False
        assert server.last["shift"] is False


async def test_fact_3_5_the_windows_of_a_model_and_of_what_runs() -> None:
    facts = {"general.architecture": "llama", "llama.context_length": 131072, "x.y": [1]}
    paths = {
        "/api/show": [reply({"details": {"family": "llama"}, "model_info": facts})],
        "/api/ps": [reply({"models": [{"name": "m", "context_length": 4096}]})],
    }
    async with RawServer(by_path=paths) as server:
        details = await ollama(server).show("m")
        (running,) = await ollama(server).running()
    assert details.info.context_length == 131072
    assert "x.y" not in details.facts
    assert running.context_length == 4096
