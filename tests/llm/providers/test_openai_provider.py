"""The provider against real servers on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from llm.providers.base import Capability, ChatMessage, ChatRequest, Delta, Done, Text, ToolCalled
from llm.providers.errors import (
    ModelMissing,
    NotAuthorized,
    NotUnderstood,
    PromptTooLong,
    ProviderError,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    StreamCut,
    Unreachable,
    Unsupported,
)
from llm.providers.openai import OpenAIProvider
from llm.providers.options import GenerationOptions
from llm.providers.registry import open_provider
from tests.llm.providers.openai_server import (
    DONE,
    answered,
    chunk,
    in_chunks,
    playing,
    streamed,
    usage,
)

ASK = ChatRequest("m", (ChatMessage("user", "Hello"),))
CALL = {"index": 0, "id": "a", "function": {"name": "find", "arguments": '{"for": "Käse"}'}}
EVENTS = [
    ": keep-alive\n\n",
    chunk(role="assistant", content=""),
    chunk(content="Grüße, "),
    chunk(content="日本 🎉"),
    chunk(tool_calls=[CALL]),
    chunk("tool_calls"),
    usage(9, 4),
    DONE,
]


async def streaming(provider: OpenAIProvider, request: ChatRequest = ASK) -> list[Delta]:
    return [delta async for delta in provider.stream(request)]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, Text))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
async def test_a_stream_cut_anywhere_says_the_same(size: int) -> None:
    async with playing(in_chunks(streamed(EVENTS), size)) as server:
        deltas = await streaming(OpenAIProvider(server.endpoint()))
    assert text_of(deltas) == "Grüße, 日本 🎉"
    assert [d.call.arguments for d in deltas if isinstance(d, ToolCalled)] == [{"for": "Käse"}]
    done = deltas[-1]
    assert isinstance(done, Done)
    assert (done.reason, done.metrics.prompt_tokens, done.metrics.completion_tokens) == (
        "tool_calls",
        9,
        4,
    )
    assert done.metrics.total_ms >= done.metrics.prefill_ms > 0


async def test_what_is_asked_and_where() -> None:
    async with playing(in_chunks(streamed([chunk("stop"), DONE]), 99)) as server:
        await streaming(OpenAIProvider(server.endpoint("/api/v1", api_key="secret")))
        await streaming(OpenAIProvider(server.endpoint()))
    first, second = server.asked
    assert (first.method, first.path) == ("POST", "/api/v1/chat/completions")
    assert first.headers["authorization"] == "Bearer secret"
    assert first.body["messages"] == [{"role": "user", "content": "Hello"}]
    assert second.path == "/v1/chat/completions"
    assert "authorization" not in second.headers


async def test_fact_3_16_nothing_after_done_is_waited_for() -> None:
    content = in_chunks(streamed(EVENTS), 10_000, ends=False)
    async with playing(content, stays_open=True) as server, asyncio.timeout(5):
        assert text_of(await streaming(OpenAIProvider(server.endpoint())))
        await server.left.wait()


async def test_leaving_a_stream_early_closes_the_connection() -> None:
    content = in_chunks(streamed([chunk(content="Hello")]), 10_000, ends=False)
    async with playing(content, stays_open=True) as server, asyncio.timeout(5):
        async with aclosing(OpenAIProvider(server.endpoint()).stream(ASK)) as stream:
            assert await anext(stream) == Text("Hello")
        await server.left.wait()


@pytest.mark.parametrize("ends", [True, False])
async def test_a_stream_without_its_end_is_cut_and_what_came_is_kept(ends: bool) -> None:
    content = in_chunks(streamed([chunk(content="Hel")]), 10_000, ends=ends)
    got: list[Delta] = []

    async def keep(provider: OpenAIProvider) -> None:
        async for delta in provider.stream(ASK):
            got.append(delta)

    async with playing(content) as server:
        with pytest.raises(StreamCut):
            await keep(OpenAIProvider(server.endpoint()))
    assert text_of(got) == "Hel"


async def test_a_connection_that_breaks_after_the_finish_has_lost_nothing() -> None:
    content = in_chunks(streamed([chunk(content="Hello"), chunk("stop")]), 10_000, ends=False)
    async with playing(content) as server:
        deltas = await streaming(OpenAIProvider(server.endpoint()))
    assert text_of(deltas) == "Hello"
    assert isinstance(deltas[-1], Done)
    assert deltas[-1].metrics.estimated


async def test_an_error_in_mid_stream() -> None:
    events = [chunk(content="Hel"), {"error": {"message": "CUDA out of memory", "code": 500}}, DONE]
    async with playing(in_chunks(streamed(events), 20)) as server:
        with pytest.raises(ServerFailed, match="CUDA out of memory"):
            await streaming(OpenAIProvider(server.endpoint()))


async def test_a_server_that_does_not_stream() -> None:
    message = {"role": "assistant", "content": "Hello"}
    whole = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "object": "chat.completion",
    }
    async with playing(answered(whole), answered({"error": "No memory"})) as server:
        provider = OpenAIProvider(server.endpoint())
        assert text_of(await streaming(provider)) == "Hello"
        with pytest.raises(ServerFailed, match="No memory"):
            await streaming(provider)


async def test_a_whole_answer() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "reasoning_content": "Hm",
        "tool_calls": [{"id": "a", "type": "function", "function": CALL["function"]}],
    }
    whole = {
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 8},
    }
    async with playing(answered(whole)) as server:
        result = await OpenAIProvider(server.endpoint()).chat(ASK)
    assert (result.text, result.thinking, result.reason) == ("", "Hm", "tool_calls")
    assert [call.arguments for call in result.tool_calls] == [{"for": "Käse"}]
    assert (result.metrics.prompt_tokens, result.metrics.completion_tokens) == (3, 8)
    assert result.metrics.tokens_per_second is None
    assert server.asked[0].body["stream"] is False


async def test_an_answer_cut_by_its_limit_says_so() -> None:
    whole = {"choices": [{"message": {"content": "Hel"}, "finish_reason": "length"}]}
    async with playing(answered(whole)) as server:
        result = await OpenAIProvider(server.endpoint()).chat(ASK)
    assert (result.text, result.reason) == ("Hel", "length")


@pytest.mark.parametrize("odd", [{}, {"hello": "world"}, {"choices": None}])
async def test_another_server_is_not_understood(odd: dict[str, Any]) -> None:
    async with playing(answered(odd)) as server:
        with pytest.raises(NotUnderstood):
            await OpenAIProvider(server.endpoint()).chat(ASK)


def error(message: str, code: str | None = None) -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    }


REFUSALS = [
    ("401 Unauthorized", error("Incorrect API key provided", "invalid_api_key"), NotAuthorized),
    ("404 Not Found", error("The model `m` does not exist"), ModelMissing),
    ("404 Not Found", error("No such thing", "model_not_found"), ModelMissing),
    ("404 Not Found", {"detail": "Not Found"}, NotUnderstood),
    ("429 Too Many Requests", error("Rate limit reached"), ServerBusy),
    ("400 Bad Request", error("Too many tokens", "context_length_exceeded"), PromptTooLong),
    ("400 Bad Request", error("This model's maximum context length is 4096"), PromptTooLong),
    ("400 Bad Request", {"error": "no such option"}, RequestRefused),
    ("422 Unprocessable Entity", {"detail": [{"msg": "Field required"}]}, RequestRefused),
    ("500 Internal Server Error", {"detail": "Out of memory"}, ServerFailed),
    ("503 Service Unavailable", error("Loading model"), ServerBusy),
]
WAYS: list[Callable[[OpenAIProvider], Awaitable[Any]]] = [
    lambda provider: provider.chat(ASK),
    streaming,
    lambda provider: provider.embed("m", ["a"]),
    lambda provider: provider.models(),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
@pytest.mark.parametrize("way", WAYS, ids=["chat", "stream", "embed", "models"])
async def test_refusals(
    way: Callable[[OpenAIProvider], Awaitable[Any]],
    status: str,
    body: dict[str, Any],
    kind: type[ProviderError],
) -> None:
    async with playing(answered(body, status)) as server:
        with pytest.raises(ProviderError) as caught:
            await way(OpenAIProvider(server.endpoint()))
    assert type(caught.value) is kind
    assert caught.value.message.endswith((".", "?"))


async def test_a_server_that_knows_other_names_is_asked_again_in_its_own() -> None:
    refused = error("'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
    whole = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
    request = ChatRequest("m", ASK.messages, GenerationOptions(num_predict=9))
    refusal = answered(refused, "400 Bad Request")
    good = in_chunks(streamed([chunk(content="Hello"), DONE]), 99)
    async with playing(refusal, answered(whole), refusal, good) as server:
        provider = OpenAIProvider(server.endpoint())
        assert (await provider.chat(request)).text == "Hello"
        assert text_of(await streaming(provider, request)) == "Hello"
    assert ["max_tokens" in asked.body for asked in server.asked] == [True, False, True, False]
    assert server.asked[1].body["max_completion_tokens"] == 9


async def test_a_refusal_that_stays_is_given_on() -> None:
    refused = error("Use 'max_completion_tokens' instead of 'max_tokens'.")
    request = ChatRequest("m", ASK.messages, GenerationOptions(num_predict=9))
    async with playing(answered(refused, "400 Bad Request")) as server:
        with pytest.raises(RequestRefused):
            await streaming(OpenAIProvider(server.endpoint()), request)
    assert len(server.asked) == 2


async def test_models_of_several_servers() -> None:
    rows = [
        {"id": "vllm", "object": "model", "owned_by": "vllm", "max_model_len": 32768},
        {
            "id": "llama.gguf",
            "meta": {"n_ctx_train": 8192, "n_params": 3212749888, "size": 2019377664},
        },
        {"id": "plain", "object": "model", "created": 1},
        {"id": "vllm", "object": "model", "max_model_len": 32768},
        {"object": "model"},
        None,
    ]
    async with playing(answered({"object": "list", "data": rows})) as server:
        first, second, third = await OpenAIProvider(server.endpoint()).models()
    assert server.asked[0].path == "/v1/models"
    assert (first.name, first.context_length, first.capabilities) == ("vllm", 32768, None)
    assert (second.context_length, second.parameters, second.size) == (8192, "3.2B", 2019377664)
    assert (third.name, third.context_length, third.parameters) == ("plain", None, "")


async def test_no_models_and_no_list() -> None:
    async with playing(
        answered({"object": "list", "data": None}),
        answered({"data": "x"}),
        answered({"models": []}),
    ) as server:
        provider = OpenAIProvider(server.endpoint())
        assert await provider.models() == []
        for _ in range(2):
            with pytest.raises(NotUnderstood):
                await provider.models()


async def test_vectors_are_in_the_order_of_the_texts() -> None:
    data = [{"index": 1, "embedding": [0, 1.5]}, {"index": 0, "embedding": [1, 2]}]
    async with playing(answered({"data": data})) as server:
        assert await OpenAIProvider(server.endpoint()).embed("m", ["a", "b"]) == [[1, 2], [0, 1.5]]
    assert server.asked[0].path == "/v1/embeddings"
    assert server.asked[0].body["input"] == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [{"index": 0, "embedding": [1]}],
        [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}],
        [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [2]}],
        [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": []}],
        [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": ["x"]}],
        [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [10**400]}],
        [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": "AACAPw=="}],
    ],
)
async def test_vectors_that_are_not_those_of_the_texts(data: Any) -> None:
    async with playing(answered({"data": data})) as server:
        with pytest.raises(NotUnderstood):
            await OpenAIProvider(server.endpoint()).embed("m", ["a", "b"])


async def test_many_texts_go_in_parts() -> None:
    answers = [
        answered({"data": [{"index": n, "embedding": [n + start]} for n in range(count)]})
        for start, count in ((0, 128), (128, 128), (256, 4))
    ]
    async with playing(*answers) as server:
        found = await OpenAIProvider(server.endpoint()).embed("m", [f"t{n}" for n in range(260)])
        assert found == [[n] for n in range(260)]
        assert await OpenAIProvider(server.endpoint()).embed("m", []) == []
    assert [len(asked.body["input"]) for asked in server.asked] == [128, 128, 4]


async def test_what_such_servers_cannot_do_is_said() -> None:
    async with playing(answered({})) as server:
        provider = OpenAIProvider(server.endpoint())
        for way in (
            provider.running,
            provider.version,
            lambda: provider.show("m"),
            lambda: provider.delete("m"),
            lambda: provider.load("m"),
            lambda: provider.unload("m"),
        ):
            with pytest.raises(Unsupported, match=r"^An OpenAI-compatible server .+\.$"):
                await way()
        with pytest.raises(Unsupported):
            async for _ in provider.pull("m"):
                pass
    assert server.asked == []
    assert provider.capabilities == {Capability.CHAT, Capability.EMBED, Capability.LIST}


async def test_nobody_there() -> None:
    async with playing(b"") as server:
        pass
    with pytest.raises(Unreachable):
        await OpenAIProvider(server.endpoint()).models()


async def test_the_kind_opens_it() -> None:
    async with playing(answered({"data": [{"id": "m"}]})) as server:
        (model,) = await open_provider("openai", server.endpoint()).models()
    assert model.name == "m"
