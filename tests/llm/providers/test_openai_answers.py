"""Answers of OpenAI-compatible servers, event by event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.providers.base import ChatMessage, ChatRequest, Delta, Done, Text, Thinking, ToolCalled
from llm.providers.errors import (
    ModelMissing,
    NotUnderstood,
    PromptTooLong,
    ProviderError,
    RequestRefused,
    ServerFailed,
    StreamCut,
)
from llm.providers.openai.answers import AnswerReader
from tests.llm.providers.openai_server import chunk, usage

REQUEST = ChatRequest("m", (ChatMessage("user", "x" * 41),))
DONE = "[DONE]"

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read(events: Iterable[object], reader: AnswerReader | None = None) -> list[Delta]:
    reader = reader or AnswerReader(REQUEST)
    deltas: list[Delta] = []
    for event in events:
        deltas += reader.take(event if isinstance(event, str) else json.dumps(event))
    return deltas + reader.finish()


def done(deltas: list[Delta]) -> Done:
    assert isinstance(deltas[-1], Done)
    return deltas[-1]


def calls(*pieces: dict[str, Any]) -> list[Delta]:
    return read([*(chunk(tool_calls=[piece]) for piece in pieces), chunk("tool_calls"), DONE])


def piece(index: int | None, arguments: Any = "", name: str = "", id: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {"type": "function", "function": {"arguments": arguments}}
    if index is not None:
        made["index"] = index
    if name:
        made["function"]["name"] = name
    return made | ({"id": id} if id else {})


def test_a_whole_answer() -> None:
    deltas = read(
        [
            chunk(role="assistant", content=""),
            chunk(reasoning="Hm"),
            chunk(reasoning_content="m"),
            chunk(content="Hel"),
            chunk(content="lo", tool_calls=None, refusal=None),
            chunk("stop"),
            usage(11, 3),
            DONE,
        ]
    )
    assert deltas[:-1] == [Thinking("Hm"), Thinking("m"), Text("Hel"), Text("lo")]
    metrics = done(deltas).metrics
    assert (metrics.prompt_tokens, metrics.completion_tokens, metrics.estimated) == (11, 3, False)
    assert done(deltas).reason == "stop"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("eos_token", "stop"),
    ],
)
def test_reasons(finish: str, reason: str) -> None:
    assert done(read([chunk(finish), DONE])).reason == reason


def test_the_last_chunk_may_hold_text_and_counts() -> None:
    last = chunk("stop", content="Hello") | {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    deltas = read([last, DONE])
    assert deltas[0] == Text("Hello")
    assert done(deltas).metrics.completion_tokens == 2


@pytest.mark.parametrize("end", [[chunk("stop")], [DONE], [chunk("stop"), usage(1, 1)]])
def test_fact_3_16_either_end_is_enough(end: list[object]) -> None:
    assert read([chunk(content="Hello"), *end])[0] == Text("Hello")


@pytest.mark.parametrize("end", [[], [chunk()], [usage(1, 1)], [chunk("abort"), DONE]])
def test_fact_3_16_with_neither_it_broke_off(end: list[object]) -> None:
    with pytest.raises(StreamCut):
        read([chunk(content="Hello"), *end])


@pytest.mark.parametrize(
    ("finish", "kind"), [("content_filter", RequestRefused), ("error", ServerFailed)]
)
def test_ends_that_are_failures(finish: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        read([chunk(content="Hel"), chunk(finish), DONE])


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": []},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": None}}]},
        {"choices": [{"delta": {"content": 5, "tool_calls": {}}}], "usage": []},
        {"error": None, "choices": []},
        {},
        "",
    ],
)
def test_fact_3_16_odd_chunks_are_read_over(odd: object) -> None:
    assert read([chunk(content="Hello"), odd, chunk("stop"), DONE])[0] == Text("Hello")


def test_content_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}, {"type": "image"}]
    assert read([chunk(content=parts), DONE])[0] == Text("Hello")


@pytest.mark.parametrize("event", ["no json", "[1]", "5", '{"a": NaN}', "[" * 100_000])
def test_what_is_no_chunk_is_not_understood(event: str) -> None:
    with pytest.raises(NotUnderstood):
        read([event])


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        ({"error": {"message": "Out of memory", "code": 500}}, ServerFailed, "Out of memory"),
        ({"error": "Out of memory"}, ServerFailed, "Out of memory"),
        ({"detail": "Out of memory"}, ServerFailed, "Out of memory"),
        ({"object": "error", "message": "Out of memory"}, ServerFailed, "Out of memory"),
        (chunk() | {"error": {"message": "Out of memory"}}, ServerFailed, "Out of memory"),
        ({"choices": [{"delta": {}, "error": {"message": "Full"}}]}, ServerFailed, "Full"),
        ({"error": {"message": "Long", "code": "context_length_exceeded"}}, PromptTooLong, ""),
        ({"error": {"message": "the model `x` does not exist"}}, ModelMissing, ""),
    ],
)
def test_fact_3_16_an_error_in_mid_stream(
    event: object, kind: type[ProviderError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        read([chunk(content="Hel"), event])
    assert words in caught.value.message


def test_fact_3_16_tool_calls_come_together_by_index() -> None:
    deltas = calls(
        piece(0, name="find", id="a"),
        piece(1, '{"n"', name="count", id="b"),
        piece(0, '{"for":'),
        piece(1, ": 2}"),
        piece(0, ' "x"}'),
    )
    found = [delta.call for delta in deltas if isinstance(delta, ToolCalled)]
    assert [(call.id, call.name, call.arguments) for call in found] == [
        ("a", "find", {"for": "x"}),
        ("b", "count", {"n": 2}),
    ]
    assert done(deltas).reason == "tool_calls"


def test_tool_calls_without_an_index_come_together_by_id() -> None:
    deltas = calls(
        piece(None, '{"for":', "find", "a"),
        piece(None, ' "x"}'),
        piece(None, "{}", "count", "b"),
    )
    found = [delta.call for delta in deltas if isinstance(delta, ToolCalled)]
    assert [(call.name, call.arguments) for call in found] == [
        ("find", {"for": "x"}),
        ("count", {}),
    ]


def test_calls_that_all_have_the_index_0_are_told_apart_by_id() -> None:
    deltas = calls(
        piece(0, '{"for": "x"}', "find", "a"),
        piece(0, '{"n": ', "find", "b"),
        piece(0, "2}", id="b"),
    )
    found = [delta.call for delta in deltas if isinstance(delta, ToolCalled)]
    assert [(call.id, call.arguments) for call in found] == [("a", {"for": "x"}), ("b", {"n": 2})]


def test_an_id_that_changes_without_a_name_begins_no_call() -> None:
    deltas = calls(piece(0, '{"n"', "find", "a"), piece(0, ": 2}", id="b"))
    assert [d.call.arguments for d in deltas if isinstance(d, ToolCalled)] == [{"n": 2}]


def test_several_whole_calls_without_index_or_id_in_one_chunk() -> None:
    both = chunk(tool_calls=[piece(None, "{}", "find"), piece(None, {"n": 1}, "count")])
    found = [d.call for d in read([both, DONE]) if isinstance(d, ToolCalled)]
    assert [(call.name, call.arguments) for call in found] == [("find", {}), ("count", {"n": 1})]
    assert len({call.id for call in found}) == 2
    assert all(call.id for call in found)


@pytest.mark.parametrize("arguments", ['{"for": ', "[1]", '"x"', "nonsense"])
def test_arguments_that_are_no_object_are_not_understood(arguments: str) -> None:
    with pytest.raises(NotUnderstood, match="find"):
        calls(piece(0, arguments, "find", "a"))


def test_a_call_without_a_name_is_not_understood() -> None:
    with pytest.raises(NotUnderstood):
        calls(piece(0, "{}"))


@given(st.dictionaries(TEXTS, st.none() | TEXTS | st.integers()), st.data())
def test_arguments_cut_anywhere(arguments: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(arguments)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5).map(sorted))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    deltas = calls(piece(0, name="find", id="a"), *(piece(0, part) for part in parts))
    assert isinstance(deltas[0], ToolCalled)
    assert deltas[0].call.arguments == arguments


def test_fact_3_16_without_counts_they_are_estimated_and_marked() -> None:
    metrics = done(read([chunk(reasoning="1234"), chunk(content="12345"), DONE])).metrics
    assert metrics.estimated
    assert (metrics.prompt_tokens, metrics.completion_tokens) == (11, 3)


def test_times_are_those_of_our_clock() -> None:
    now = iter([10.0, 10.5, 11.0, 12.5, 13.0])
    reader = AnswerReader(REQUEST, clock=lambda: next(now))
    events = [chunk(role="assistant"), chunk(content="a"), chunk(content="b"), chunk(content="c")]
    metrics = done(read([*events, chunk("stop"), usage(5, 4), DONE], reader)).metrics
    assert (metrics.prefill_ms, metrics.decode_ms, metrics.total_ms) == (500, 2000, 3000)
    assert metrics.tokens_per_second == 2.0
    assert (metrics.queue_ms, metrics.load_ms) == (0, 0)


def test_an_empty_answer_takes_its_time_too() -> None:
    now = iter([10.0, 12.0])
    metrics = done(read([DONE], AnswerReader(REQUEST, clock=lambda: next(now)))).metrics
    assert (metrics.prefill_ms, metrics.decode_ms, metrics.total_ms) == (2000, 0, 2000)
    assert metrics.tokens_per_second is None
