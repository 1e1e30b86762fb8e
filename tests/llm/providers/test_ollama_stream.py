"""However the bytes of a stream are cut, the same comes out; whatever they are, nothing breaks."""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.providers.base import Delta, Done
from llm.providers.decoding import LineSplitter
from llm.providers.errors import NotUnderstood, ProviderError, StreamCut
from llm.providers.ollama.reader import ChatReader
from tests.llm.providers.servers import (
    HOLD,
    RawServer,
    ask,
    ended,
    head,
    line,
    ollama,
    said,
    texts,
    thoughts,
)

# What no database takes becomes something else; there is a test of its own.
characters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
messages = st.fixed_dictionaries(
    {"content": characters, "thinking": characters},
    optional={
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {
                    "function": st.fixed_dictionaries(
                        {
                            "name": characters.filter(bool),
                            "arguments": st.dictionaries(characters, st.integers(), max_size=2),
                        }
                    )
                }
            ),
            max_size=2,
        )
    },
)


def stream_of(chunks: list[dict[str, Any]], *, ascii_only: bool) -> bytes:
    """The bytes of a whole stream; as Go writes them when not ``ascii_only``."""
    lines = [{"message": {"role": "assistant", **chunk}, "done": False} for chunk in chunks]
    lines.append({"message": {"content": "."}, "done": True, "done_reason": "stop"})
    return "".join(json.dumps(line, ensure_ascii=ascii_only) + "\n" for line in lines).encode()


def read(pieces: list[bytes]) -> list[Delta]:
    splitter, reader = LineSplitter(), ChatReader(ask())
    lines = itertools.chain.from_iterable(splitter.feed(piece) for piece in pieces)
    deltas = [delta for text in lines for delta in reader.read(text)]
    deltas += [delta for text in splitter.flush() for delta in reader.read(text)]
    reader.end()
    return deltas


@given(st.lists(messages, max_size=5), st.booleans(), st.booleans(), st.data())
def test_any_cut_of_the_bytes_gives_the_same_deltas(
    chunks: list[dict[str, Any]], ascii_only: bool, ends_well: bool, data: st.DataObject
) -> None:
    whole = stream_of(chunks, ascii_only=ascii_only).removesuffix(b"" if ends_well else b"\n")
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=12).map(sorted))
    edges = [0, *cuts, len(whole)]
    pieces = [whole[start:end] for start, end in itertools.pairwise(edges)]
    deltas = read(pieces)
    assert deltas == read([whole]) == read([bytes([byte]) for byte in whole])
    assert texts(deltas) == "".join(chunk["content"] for chunk in chunks) + "."
    assert thoughts(deltas) == "".join(chunk["thinking"] for chunk in chunks)
    assert isinstance(deltas[-1], Done)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | characters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(characters, inner, max_size=3),
    max_leaves=8,
)
known = st.sampled_from(
    ["message", "done", "done_reason", "error", "eval_count", "total_duration", "content"]
)
strange = st.dictionaries(known, json_values | st.dictionaries(known, json_values, max_size=3))


@settings(max_examples=300)
@given(st.lists(strange.map(json.dumps) | json_values.map(json.dumps) | st.text(), max_size=4))
def test_whatever_comes_is_a_delta_or_one_of_our_errors(lines: list[str]) -> None:
    reader = ChatReader(ask())
    with contextlib.suppress(ProviderError):
        for text in lines:
            assert all(isinstance(delta, Delta) for delta in reader.read(text))
        reader.end()
        assert reader.done


async def test_one_byte_at_a_time_over_a_real_connection() -> None:
    steps: list[bytes | float] = []
    stream = said("Größe ") + said("🙂") + ended("!")
    for byte in stream:
        steps += [bytes([byte]), 0.0]
    async with RawServer(head(), *steps) as server:
        assert texts([delta async for delta in ollama(server).stream(ask())]) == "Größe 🙂!"


async def test_what_comes_after_the_terminal_chunk_is_not_waited_for() -> None:
    async with RawServer(head(), ended("Hi"), HOLD) as server:
        assert texts([delta async for delta in ollama(server).stream(ask())]) == "Hi"


async def test_empty_lines_are_no_chunks() -> None:
    async with RawServer(head(), b"\n\r\n", said("Hi"), b"\n", ended()) as server:
        assert texts([delta async for delta in ollama(server).stream(ask())]) == "Hi"


@pytest.mark.parametrize("noise", [b"[1]\n", b"7\n", b'{"foo": 1}\n', b"hello\n", b"[" * 9999])
async def test_a_stream_of_something_else(noise: bytes) -> None:
    async with RawServer(head(), noise) as server:
        with pytest.raises(NotUnderstood):
            [_ async for _ in ollama(server).stream(ask())]


async def test_noise_in_the_middle() -> None:
    async with RawServer(head(), said("Hel"), b"noise\n", said("lo"), ended()) as server:
        with pytest.raises(NotUnderstood):
            [_ async for _ in ollama(server).stream(ask())]


async def test_nothing_at_all() -> None:
    async with RawServer(head()) as server:
        with pytest.raises(StreamCut):
            [_ async for _ in ollama(server).stream(ask())]


async def test_values_of_the_wrong_type_count_as_absent() -> None:
    odd = ended("Hi", eval_count="many", total_duration=-5, load_duration=True, done_reason=7)
    async with RawServer(head(), said(thinking=[1]), odd) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    done = deltas[-1]
    assert isinstance(done, Done)
    assert (done.reason, done.metrics.completion_tokens, done.metrics.estimated) == ("", 1, True)
    assert (done.metrics.total_ms, done.metrics.load_ms) == (0.0, 0.0)


async def test_a_message_that_is_no_object_is_read_over() -> None:
    async with RawServer(head(), line(message="Hi", done=False), ended("Hi")) as server:
        assert texts([delta async for delta in ollama(server).stream(ask())]) == "Hi"


async def test_what_no_database_takes_is_replaced() -> None:
    async with RawServer(head(), ended("a\0b \U0001f600 \ud800c")) as server:
        deltas = [delta async for delta in ollama(server).stream(ask())]
    assert texts(deltas) == "a\ufffdb \U0001f600 \ufffdc"
