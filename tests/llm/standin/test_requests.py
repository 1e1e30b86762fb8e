"""What a request may ask for, and how the server refuses what it may not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from llm.standin import Model, Script, StandIn

USER = [{"role": "user", "content": "one two three"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


async def ask(http: httpx.AsyncClient, model: str = "llama3.2", **more: Any) -> httpx.Response:
    body = {"model": model, "messages": USER, "stream": False, **more}
    return await http.post("/api/chat", json=body)


REFUSED = [
    ({"options": {"top_k": "40"}}, 500, 'option "top_k" must be of type integer'),
    ({"options": {"num_ctx": True}}, 500, 'option "num_ctx" must be of type integer'),
    ({"options": {"temperature": "hot"}}, 500, 'option "temperature" must be of type float32'),
    ({"options": {"stop": "END"}}, 500, 'option "stop" must be of type array'),
    ({"options": {"use_mmap": 1}}, 500, 'option "use_mmap" must be of type boolean'),
    ({"keep_alive": "300"}, 400, 'time: missing unit in duration "300"'),
    ({"keep_alive": "3x"}, 400, 'time: unknown unit "x" in duration "3x"'),
    ({"keep_alive": "soon"}, 400, 'time: invalid duration "soon"'),
    ({"think": True}, 400, '"llama3.2" does not support thinking'),
    ({"think": "deep"}, 400, "invalid think value"),
    ({"model": "gemma3:4b", "tools": [TOOL]}, 400, "does not support tools"),
    ({"model": "nomic-embed-text"}, 400, '"nomic-embed-text" does not support chat'),
    ({"model": ""}, 400, "model is required"),
    ({"top_logprobs": 21}, 400, "top_logprobs must be between 0 and 20"),
    ({"format": "xml"}, 500, 'invalid format: "xml"'),
]


@pytest.mark.parametrize(("more", "status", "error"), REFUSED)
async def test_refusals(
    http: httpx.AsyncClient, more: dict[str, Any], status: int, error: str
) -> None:
    response = await ask(http, **more)
    assert response.status_code == status
    assert error in response.json()["error"]


async def test_bodies_that_are_none(http: httpx.AsyncClient) -> None:
    for body in (b"", b"{half", b"[1]"):
        response = await http.post("/api/chat", content=body)
        assert response.status_code == 400
        assert response.json()["error"]


async def test_unknown_options_do_nothing(http: httpx.AsyncClient) -> None:
    options = {"numCtx": 17, "topK": "x", "top_k": 40.0, "seed": None, "temperature": 0}
    assert (await ask(http, options=options)).status_code == 200


async def test_num_predict_ends_with_length(http: httpx.AsyncClient) -> None:
    answer = (await ask(http, options={"num_predict": 3})).json()
    assert (answer["eval_count"], answer["done_reason"]) == (3, "length")
    thought = (await ask(http, "qwen3:4b", options={"num_predict": 3})).json()
    assert (thought["eval_count"], thought["message"]["content"]) == (3, "")


async def test_stop_sequences_are_not_said(http: httpx.AsyncClient) -> None:
    answer = (await ask(http, options={"stop": ["zzz", "asked about"]})).json()
    assert answer["message"]["content"] == "You "
    assert answer["done_reason"] == "stop"


async def test_think_levels_and_a_model_that_cannot_stop_thinking(http: httpx.AsyncClient) -> None:
    for level in ("low", "medium", "high", "max"):
        assert "thinking" in (await ask(http, "qwen3:4b", think=level)).json()["message"]
    cloud = (await ask(http, "gpt-oss:120b-cloud", think=False)).json()
    assert "thinking" in cloud["message"]
    assert cloud["remote_host"] == "https://ollama.com:443"


async def test_cloud_models_are_marked_and_need_a_login(http: httpx.AsyncClient) -> None:
    models = {model["name"]: model for model in (await http.get("/api/tags")).json()["models"]}
    assert models["gpt-oss:120b-cloud"]["remote_model"] == "gpt-oss:120b"
    assert "remote_host" not in models["llama3.2:latest"]
    assert models["qwen3:4b"]["capabilities"] == ["completion", "tools", "thinking"]
    formatted = await ask(http, "gpt-oss:120b-cloud", format="json")
    assert not formatted.json()["message"]["content"].startswith("{")
    async with (
        StandIn(Script(signed_in=False)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as other,
    ):
        refused = await ask(other, "gpt-oss:120b-cloud")
        assert refused.status_code == 401
        assert refused.json()["signin_url"].startswith("https://")


async def test_old_messages_are_dropped_without_a_word(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "a b c d"},
        {"role": "assistant", "content": "e f g h"},
        {"role": "user", "content": "i j k"},
    ]
    answer = await ask(http, messages=messages, options={"num_ctx": 10})
    assert answer.json()["prompt_eval_count"] == 9
    assert server.requests[-1].dropped_messages == 1
    refused = await ask(http, messages=messages, options={"num_ctx": 10}, truncate=False)
    assert refused.status_code == 400
    assert refused.json()["error"] == "the input length exceeds the context length"


async def test_a_last_message_that_does_not_fit(http: httpx.AsyncClient) -> None:
    cut = await ask(
        http, messages=[{"role": "user", "content": "x " * 50}], options={"num_ctx": 20}
    )
    assert cut.json()["prompt_eval_count"] == 10
    refused = await ask(
        http,
        messages=[{"role": "user", "content": "x " * 50}],
        options={"num_ctx": 20},
        shift=False,
    )
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("the prompt is longer than the context length")


async def test_models_that_cannot_shift_refuse() -> None:
    script = Script(models=(Model(name="stiff", shifts=False),))
    async with (
        StandIn(script) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        long = [{"role": "user", "content": "x " * 50}]
        refused = await ask(http, "stiff", messages=long, options={"num_ctx": 20})
    assert refused.status_code == 400


async def test_without_shift_a_full_context_ends_the_answer(http: httpx.AsyncClient) -> None:
    answer = (await ask(http, options={"num_ctx": 8}, shift=False)).json()
    assert (answer["eval_count"], answer["done_reason"]) == (5, "length")


async def test_embedding_inputs(http: httpx.AsyncClient) -> None:
    async def embed(**more: Any) -> httpx.Response:
        return await http.post("/api/embed", json={"model": "nomic-embed-text", **more})

    assert (await embed(input=[])).json()["embeddings"] == []
    assert (await embed(input=[1])).json() == {"error": "invalid input type"}
    long = "word " * 5000
    assert (await embed(input=long)).json()["prompt_eval_count"] == 2048
    refused = await embed(input=long, truncate=False)
    assert refused.status_code == 400
    assert "exceeds the context length" in refused.json()["error"]


async def test_images_are_mentioned(http: httpx.AsyncClient) -> None:
    messages = [{"role": "user", "content": "What is this", "images": ["aGk="]}]
    answer = await ask(http, "gemma3:4b", messages=messages)
    assert "1 picture" in answer.json()["message"]["content"]


async def test_the_prompt_can_be_seen_without_an_answer(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    answer = (await ask(http, _debug_render_only=True)).json()
    assert answer["_debug_info"]["rendered_template"] == "<|user|>one two three"
    assert server.loaded == []
