"""The official client accepts every endpoint, and reads from it what was meant."""

from __future__ import annotations

import json
import math

import httpx
import ollama
import pytest
from ollama import AsyncClient, ResponseError
from pydantic import BaseModel

from llm.standin import StandIn, error_line, pullable, running, says

USER = [{"role": "user", "content": "Why did revenue fall in May?"}]


async def test_chat_answers_about_the_question(client: AsyncClient) -> None:
    answer = await client.chat("llama3.2", USER)
    assert answer.message.role == "assistant"
    assert "Why did revenue fall in May" in answer.message.content
    assert (answer.model, answer.done, answer.done_reason) == ("llama3.2", True, "stop")
    assert answer.prompt_eval_count == 6
    assert answer.eval_count == len(answer.message.content.split())
    assert answer.total_duration >= answer.eval_duration > 0


async def test_the_same_question_has_the_same_answer(client: AsyncClient) -> None:
    once, again = [(await client.chat("llama3.2", USER)).message.content for _ in range(2)]
    assert once == again


@pytest.mark.parametrize(("asked", "mark"), [("a table", "|---|"), ("a list", "\n- ")])
async def test_chat_writes_markdown_where_asked(client: AsyncClient, asked: str, mark: str) -> None:
    messages = [{"role": "user", "content": f"Give me {asked} of regions"}]
    assert mark in (await client.chat("llama3.2", messages)).message.content


async def test_streamed_chat_is_the_same_text_in_pieces(client: AsyncClient) -> None:
    whole = await client.chat("llama3.2", USER)
    parts = [part async for part in await client.chat("llama3.2", USER, stream=True)]
    assert "".join(part.message.content for part in parts) == whole.message.content
    assert len(parts) > 5
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_count == whole.eval_count
    assert parts[0].eval_count is None


async def test_thinking_comes_first_unless_told_not_to(client: AsyncClient) -> None:
    parts = [part async for part in await client.chat("qwen3:4b", USER, stream=True)]
    thinking = [bool(part.message.thinking) for part in parts]
    assert thinking[0]
    assert thinking == sorted(thinking, reverse=True)
    plain = await client.chat("qwen3:4b", USER, think=False)
    assert plain.message.thinking is None
    assert plain.eval_count < parts[-1].eval_count


async def test_generate(client: AsyncClient) -> None:
    whole = await client.generate("llama3.2", "Say hello")
    parts = [part async for part in await client.generate("llama3.2", "Say hello", stream=True)]
    assert "Say hello" in whole.response
    assert "".join(part.response for part in parts) == whole.response
    thought = await client.generate("qwen3:4b", "Say hello", think=True)
    assert thought.thinking


async def test_list_has_all_kinds_of_models(client: AsyncClient, server: StandIn) -> None:
    models = {model.model: model for model in (await client.list()).models}
    assert sorted(models) == server.installed
    assert models["llama3.2:latest"].details.quantization_level == "Q4_K_M"
    assert models["llama3.2:latest"].size > 1e9
    dates = [model.modified_at for model in models.values()]
    assert dates == sorted(dates, reverse=True)


async def test_show(client: AsyncClient) -> None:
    shown = await client.show("qwen3:4b")
    assert shown.capabilities == ["completion", "tools", "thinking"]
    assert shown.modelinfo["qwen3.context_length"] == 262_144
    assert shown.details.parameter_size == "4.0B"
    assert shown.template


async def test_ps_shows_what_is_loaded(client: AsyncClient) -> None:
    assert (await client.ps()).models == []
    await client.chat("llama3.2", USER, options={"num_ctx": 8192})
    [loaded] = (await client.ps()).models
    assert (loaded.name, loaded.context_length) == ("llama3.2:latest", 8192)
    assert loaded.size_vram == loaded.size
    assert loaded.expires_at is not None


async def test_pull_copy_delete(client: AsyncClient, server: StandIn) -> None:
    lines = [line async for line in await client.pull("tinyllama", stream=True)]
    assert (lines[0].status, lines[-1].status) == ("pulling manifest", "success")
    assert "tinyllama:latest" in server.installed
    assert (await client.pull("all-minilm")).status == "success"
    assert (await client.copy("tinyllama", "mine")).status == "success"
    assert (await client.delete("tinyllama")).status == "success"
    assert "mine:latest" in server.installed
    assert "tinyllama:latest" not in server.installed


async def test_create_from_another_model(client: AsyncClient) -> None:
    made = await client.create("boss", from_="llama3.2", system="Be brief.", stream=False)
    assert made.status == "success"
    assert (await client.chat("boss", USER)).prompt_eval_count == 8


async def test_push_says_that_nobody_is_signed_in(client: AsyncClient) -> None:
    with pytest.raises(ResponseError, match="not authorized to push"):
        [line async for line in await client.push("llama3.2", stream=True)]


async def test_embed_makes_the_same_unit_vector_of_the_same_text(client: AsyncClient) -> None:
    answer = await client.embed("nomic-embed-text", ["north sales", "north revenue", "a cat"])
    north, near, far = answer.embeddings
    assert len(north) == 64
    assert math.isclose(math.hypot(*north), 1, abs_tol=1e-5)
    assert _dot(north, near) > _dot(north, far)
    assert (await client.embed("nomic-embed-text", "north sales")).embeddings == [north]
    assert answer.prompt_eval_count == 6
    short = await client.embed("nomic-embed-text", "north sales", dimensions=8)
    assert len(short.embeddings[0]) == 8
    assert math.isclose(math.hypot(*short.embeddings[0]), 1, abs_tol=1e-5)
    old = await client.embeddings("nomic-embed-text", "north sales")
    assert old.embedding == north


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


SALES = {
    "type": "function",
    "function": {
        "name": "sales_by_region",
        "description": "Sales of a region",
        "parameters": {
            "type": "object",
            "properties": {"region": {"type": "string", "enum": ["North", "South"]}},
            "required": ["region"],
        },
    },
}


async def test_a_tool_named_in_the_question_is_called(client: AsyncClient) -> None:
    question = {"role": "user", "content": "Use sales by region for the north"}
    parts = [p async for p in await client.chat("llama3.2", [question], tools=[SALES], stream=True)]
    [call] = [call for part in parts for call in part.message.tool_calls or ()]
    assert call.function.name == "sales_by_region"
    assert call.function.arguments == {"region": "North"}
    assert parts[-1].done_reason == "stop"
    result = {"role": "tool", "tool_name": "sales_by_region", "content": "1200 EUR"}
    answer = await client.chat("llama3.2", [question, parts[0].message, result], tools=[SALES])
    assert "1200 EUR" in answer.message.content
    assert answer.message.tool_calls is None


class Title(BaseModel):
    title: str
    mood: bool
    tags: list[str]
    score: float


async def test_format_is_honoured(client: AsyncClient) -> None:
    answer = await client.chat("llama3.2", USER, format=Title.model_json_schema())
    title = Title.model_validate_json(answer.message.content)
    assert "Why did revenue fall" in title.title
    plain = await client.generate("llama3.2", "x", format="json")
    assert isinstance(json.loads(plain.response), dict)


async def test_constrained_thinking_counts_the_second_pass_only(client: AsyncClient) -> None:
    parts = [part async for part in await client.chat("qwen3:4b", USER, format="json", stream=True)]
    text = [part for part in parts if part.message.content]
    assert any(part.message.thinking for part in parts)
    assert parts[-1].eval_count == len(text)


async def test_missing_model_is_a_404(client: AsyncClient) -> None:
    for call in (client.chat("nope", USER), client.show("nope"), client.delete("nope")):
        with pytest.raises(ResponseError, match="model 'nope' not found") as caught:
            await call
        assert caught.value.status_code == 404


async def test_an_error_in_the_middle_reaches_the_client(
    client: AsyncClient, server: StandIn
) -> None:
    server.script(error_line("out of memory", after=2))
    parts = await client.chat("llama3.2", USER, stream=True)
    assert [(await anext(parts)).message.content for _ in range(2)] == ["You", " asked"]
    with pytest.raises(ResponseError, match="out of memory"):
        await anext(parts)
    with pytest.raises(ResponseError) as caught:
        await client.chat("llama3.2", USER)
    assert caught.value.status_code == 500


async def test_version_and_root(http: httpx.AsyncClient, server: StandIn) -> None:
    version = (await http.get("/api/version")).json()["version"]
    assert tuple(map(int, version.split("+")[0].split("."))) >= (0, 12, 0)
    assert version.endswith("standin")
    assert (await http.get("/")).text == "Ollama is running"
    head = await http.head("/")
    assert (head.status_code, head.content) == (200, b"")


def test_the_synchronous_client_and_a_thread() -> None:
    with running(says("Hello there.")) as server:
        server.offer(pullable("mine", 100, 20))
        client = ollama.Client(host=server.url, trust_env=False)
        assert client.chat("llama3.2", USER).message.content == "Hello there."
        assert [part.done for part in client.chat("llama3.2", USER, stream=True)][-1]
        assert [line.status for line in client.pull("mine", stream=True)][-1] == "success"
        assert "mine:latest" in server.installed
        assert server.requests[0].json["messages"] == USER
        assert server.loaded == ["llama3.2:latest"]
