"""What is sent to an OpenAI-compatible server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm.providers.base import ChatMessage, ChatRequest, ToolCall
from llm.providers.errors import NotAuthorized, RequestRefused, Unsupported
from llm.providers.openai.requests import api_root, chat_body, softened
from llm.providers.options import GenerationOptions

HELLO = (ChatMessage("user", "Hello"),)


def body(**more: Any) -> dict[str, Any]:
    return chat_body(ChatRequest("m", more.pop("messages", HELLO), **more), stream=False)


def options(**values: Any) -> dict[str, Any]:
    sent = body(options=GenerationOptions(**values))
    return {key: sent[key] for key in sent if key not in {"model", "messages", "stream"}}


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://gpu:8000", "http://gpu:8000/v1"),
        ("http://gpu:8000/", "http://gpu:8000/v1"),
        (" https://[::1]:8000// ", "https://[::1]:8000/v1"),
        ("http://gpu:8000/v1", "http://gpu:8000/v1"),
        ("http://gpu:8000/v1/", "http://gpu:8000/v1/"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://gpu/llm", "https://gpu/llm"),
        ("no address", "no address"),
    ],
)
def test_where_the_api_is(given: str, root: str) -> None:
    assert api_root(given) == root


def test_the_least_request() -> None:
    assert body() == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
    }


def test_fact_3_16_a_stream_asks_for_counts() -> None:
    sent = chat_body(ChatRequest("m", HELLO), stream=True)
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}


def test_options_in_their_words() -> None:
    known = {"temperature": 0.0, "top_p": 0.9, "seed": 7}
    assert options(**known, num_predict=50, stop=("END",)) == known | {
        "max_tokens": 50,
        "stop": ["END"],
    }


def test_fact_3_16_what_only_ollama_knows_is_not_sent() -> None:
    assert options(num_ctx=4096, top_k=40, repeat_penalty=1.1) == {}
    assert "keep_alive" not in body(keep_alive="10m")


@pytest.mark.parametrize(
    ("think", "effort"),
    [
        (False, "none"),
        (True, "medium"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("max", "high"),
    ],
)
def test_fact_3_16_thinking_is_an_effort(think: bool | str, effort: str) -> None:
    assert options(think=think) == {"reasoning_effort": effort}


def test_json_and_schemas() -> None:
    assert body(format="json")["response_format"] == {"type": "json_object"}
    schema = {
        "type": "object",
        "title": "A chart, please!",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    assert body(format=schema)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "A_chart_please", "schema": schema, "strict": True},
    }


@pytest.mark.parametrize("change", [{"required": []}, {"additionalProperties": True}])
def test_a_schema_with_anything_open_is_not_strict(change: dict[str, Any]) -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "additionalProperties": False,
        **change,
    }
    sent = body(format=schema)["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"]) == ("answer", False)


@pytest.mark.parametrize(
    ("image", "kind"),
    [("iVBORw0KGgoAAA", "png"), ("/9j/4AAQ", "jpeg"), ("R0lGODlh", "gif"), ("UklGRiQ", "webp")],
)
def test_fact_3_16_images_are_parts(image: str, kind: str) -> None:
    sent = body(messages=(ChatMessage("user", "What is it?", images=(image,)),))
    assert sent["messages"][0]["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{image}"}},
    ]


def test_tools_there_and_back() -> None:
    tool = {"type": "function", "function": {"name": "find", "parameters": {}}}
    messages = (
        ChatMessage("assistant", tool_calls=(ToolCall("c1", "find", {"for": "Käse"}),)),
        ChatMessage("tool", "3 rows", tool_name="find", tool_call_id="c1"),
    )
    sent = body(messages=messages, tools=(tool,))
    assert sent["tools"] == [tool]
    asked, told = sent["messages"]
    assert asked["content"] is None
    (call,) = asked["tool_calls"]
    assert (call["id"], call["type"], call["function"]["name"]) == ("c1", "function", "find")
    assert json.loads(call["function"]["arguments"]) == {"for": "Käse"}
    assert told == {"role": "tool", "content": "3 rows", "tool_call_id": "c1"}


def test_a_call_without_an_id_and_what_it_gave_name_the_same() -> None:
    messages = (
        ChatMessage("assistant", "Looking", tool_calls=(ToolCall("", "find", {}),)),
        ChatMessage("tool", "3 rows", tool_name="find"),
    )
    asked, told = body(messages=messages)["messages"]
    assert asked["tool_calls"][0]["id"] == told["tool_call_id"] != ""
    assert asked["content"] == "Looking"


def test_what_a_server_does_not_take_is_left_out() -> None:
    request = ChatRequest("m", HELLO, GenerationOptions(num_predict=9, think=False))
    first = chat_body(request, stream=True)
    refusal = RequestRefused("No", detail="Use 'max_completion_tokens' instead of 'max_tokens'.")
    second = softened(first, refusal)
    assert second == {k: v for k, v in first.items() if k != "max_tokens"} | {
        "max_completion_tokens": 9
    }
    assert softened(second, refusal) is None
    third = softened(second, Unsupported("No", detail="Unrecognized argument: reasoning_effort"))
    assert third == {k: v for k, v in second.items() if k != "reasoning_effort"}
    fourth = softened(third, RequestRefused("No", detail="Extra inputs: stream_options"))
    assert fourth == {k: v for k, v in third.items() if k != "stream_options"}


def test_a_wish_is_never_left_out() -> None:
    """ "Think" and other refusals are for people to know of."""
    thinking = body(options=GenerationOptions(think="high", temperature=1.0))
    for refusal in (
        Unsupported("No", detail="m does not support thinking (reasoning_effort)"),
        RequestRefused("No", detail="temperature"),
        NotAuthorized("No", detail="max_completion_tokens"),
    ):
        assert softened(thinking, refusal) is None
