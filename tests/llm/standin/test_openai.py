"""The endpoints under /v1, as a client of OpenAI reads them."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import httpx
import pytest

from llm.standin import StandIn, calls, cut, error_line, fails, pieces, says, thinks

PATH = "/v1/chat/completions"
USER = [{"role": "user", "content": "one two"}]


async def events(http: httpx.AsyncClient, model: str = "llama3.2", **more: Any) -> list[Any]:
    """The data of each event, parsed but for the last word."""
    body = {"model": model, "messages": USER, "stream": True, **more}
    response = await http.post(PATH, json=body)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    data = [part.removeprefix("data: ") for part in response.text.split("\n\n") if part]
    return [part if part == "[DONE]" else json.loads(part) for part in data]


async def test_a_stream(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(thinks("Hm.", "Yes indeed."))
    read = await events(http, stream_options={"include_usage": True})
    *chunks, usage, last = read
    assert last == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant"
    assert [delta.get("reasoning", "") for delta in deltas] == ["Hm.", "", "", ""]
    assert [delta.get("content", "") for delta in deltas] == ["", "Yes", " indeed.", ""]
    assert deltas[-1] == {}
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None, None, None, "stop"]
    assert usage["choices"] == []
    assert usage["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    assert all("usage" not in chunk for chunk in chunks)
    assert {chunk["object"] for chunk in [*chunks, usage]} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1


async def test_usage_only_where_asked(http: httpx.AsyncClient) -> None:
    read = await events(http)
    assert all("usage" not in event for event in read[:-1])
    assert read[-2]["choices"][0]["finish_reason"] == "stop"


async def test_tool_calls(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(calls("sales", region="Süd"))
    first, finish, _ = await events(http)
    [call] = first["choices"][0]["delta"]["tool_calls"]
    assert call["id"].startswith("call_")
    assert (call["index"], call["type"], call["function"]["name"]) == (0, "function", "sales")
    assert json.loads(call["function"]["arguments"]) == {"region": "Süd"}
    assert finish["choices"][0]["finish_reason"] == "tool_calls"


async def test_whole_answers(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(thinks("Hm.", "Yes."))
    answer = (await http.post(PATH, json={"model": "llama3.2", "messages": USER})).json()
    assert answer["object"] == "chat.completion"
    [choice] = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Yes.", "reasoning": "Hm."}
    assert choice["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == 4


async def test_limits_stop_and_effort(http: httpx.AsyncClient, server: StandIn) -> None:
    cut_off = await events(http, max_tokens=2)
    assert cut_off[-2]["choices"][0]["finish_reason"] == "length"
    body = {"model": "qwen3:4b", "messages": USER, "reasoning_effort": "none", "stop": " asked"}
    answer = (await http.post(PATH, json=body)).json()
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "You"}
    # What the native API calls num_ctx is not known here, so nothing is loaded anew.
    await http.post(PATH, json={**body, "num_ctx": 100, "options": {"num_ctx": 100}})
    assert server.reloads == 0


async def test_schema_and_images(http: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"kind": {"enum": ["bar", "line"]}}}
    form = {"type": "json_schema", "json_schema": {"schema": schema}}
    body = {"model": "llama3.2", "messages": USER, "response_format": form}
    answer = (await http.post(PATH, json=body)).json()
    assert json.loads(answer["choices"][0]["message"]["content"]) == {"kind": "bar"}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    parts = [{"type": "text", "text": "See"}, image]
    body = {"model": "gemma3:4b", "messages": [{"role": "user", "content": parts}]}
    assert (await http.post(PATH, json=body)).status_code == 200
    image["image_url"] = {"url": "https://example.com/a.png"}
    refused = await http.post(PATH, json=body)
    assert refused.json()["error"]["message"] == "invalid image input"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"model": "nope", "messages": USER}, 404, "not_found_error"),
        ({"model": "llama3.2", "messages": []}, 400, "invalid_request_error"),
        ({"model": "llama3.2", "messages": USER, "reasoning_effort": "x"}, 400,
         "invalid_request_error"),
    ],
)  # fmt: skip
async def test_errors(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, kind: str
) -> None:
    response = await http.post(PATH, json=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == kind


async def test_scripted_errors_have_the_same_shape(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.script(fails(503))
    response = await http.post(PATH, json={"model": "llama3.2", "messages": USER})
    assert response.status_code == 503
    assert response.json()["error"]["type"] == "api_error"


async def test_an_error_in_the_middle_is_an_empty_delta_and_an_end(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.script(error_line("boom", after=2))
    read = await events(http)
    assert len(read) == 3
    assert read[-1]["choices"][0] == {"index": 0, "delta": {}, "finish_reason": None}


async def test_a_cut_before_done(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(says("a b", cut_after=3))
    read = await events(http)
    assert read[-1]["choices"][0]["finish_reason"] == "stop"
    server.script(cut(after=1))
    assert len(await events(http)) == 1


async def test_split_events(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(pieces("Grüße", write_sizes=(3,)))
    read = await events(http)
    assert read[0]["choices"][0]["delta"]["content"] == "Grüße"


async def test_models(http: httpx.AsyncClient, server: StandIn) -> None:
    listed = (await http.get("/v1/models")).json()
    assert sorted(model["id"] for model in listed["data"]) == server.installed
    one = (await http.get("/v1/models/qwen3:4b")).json()
    assert (one["id"], one["object"]) == ("qwen3:4b", "model")
    assert (await http.get("/v1/models/nope")).status_code == 404


async def test_embeddings(http: httpx.AsyncClient) -> None:
    body = {"model": "nomic-embed-text", "input": ["north sales", "a cat"]}
    floats = (await http.post("/v1/embeddings", json=body)).json()
    native = await http.post("/api/embed", json=body)
    assert [item["embedding"] for item in floats["data"]] == native.json()["embeddings"]
    assert floats["usage"]["prompt_tokens"] == 4
    packed = (await http.post("/v1/embeddings", json={**body, "encoding_format": "base64"})).json()
    raw = base64.b64decode(packed["data"][0]["embedding"])
    vector = struct.unpack("<64f", raw)
    assert vector == pytest.approx(floats["data"][0]["embedding"], abs=1e-6)


async def test_what_is_not_there_says_so(http: httpx.AsyncClient) -> None:
    response = await http.post("/v1/responses", json={"model": "llama3.2"})
    assert response.status_code == 501
