"""Server-sent events, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.providers.errors import NotUnderstood
from llm.providers.openai.sse import EventParser


def events(*pieces: str) -> list[str]:
    parser = EventParser()
    found = [event for piece in pieces for event in parser.feed(piece)]
    return found + parser.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: a\n\n", ["a"]),
        ("data:a\n\ndata:  b\n\n", ["a", " b"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        ("data: a\r\rdata: b\r\r", ["a", "b"]),
        ("data: a\ndata: b\n\n", ["a\nb"]),
        ("data: a\ndata:\ndata\ndata: b\n\n", ["a\n\n\nb"]),
        ("\ufeffdata: a\n\n", ["a"]),
        (": keep-alive\n\ndata: a\n\n: again\n\n", ["a"]),
        ("event: error\nid: 7\nretry: 10\ndata: a\n\n", ["a"]),
        ("event: ping\n\n", []),
        ("datum: a\nDATA: b\n\n", []),
        ("data: a:b: c\n\n", ["a:b: c"]),
        ("data: a", ["a"]),
        ("data: a\n", ["a"]),
        ("data: a\r", ["a"]),
        ("", []),
        ("\n\n\n", []),
        ("data:\n\n", [""]),
    ],
)
def test_what_is_an_event(text: str, expected: list[str]) -> None:
    assert events(text) == expected
    assert events(*text) == expected


def test_an_event_is_given_at_its_empty_line() -> None:
    parser = EventParser()
    assert parser.feed("data: a\n") == []
    assert parser.feed("\n") == ["a"]


def test_a_return_and_a_feed_in_two_pieces_end_one_line() -> None:
    parser = EventParser()
    assert parser.feed("data: a\r") == []
    assert parser.feed("\n") == []
    assert parser.feed("data: b\r\n\r") == ["a\nb"]
    assert parser.feed("\ndata: c\r\n\r\n") == ["c"]


@pytest.mark.parametrize("endless", ["data: " + "x" * 30, "data: xxxxx\n" * 30, ":" + "x" * 30])
def test_an_event_without_end_is_refused(endless: str) -> None:
    parser = EventParser(longest=20)
    with pytest.raises(NotUnderstood):
        parser.feed(endless)


def test_comments_do_not_add_up() -> None:
    parser = EventParser(longest=20)
    for _ in range(100):
        assert parser.feed(": keep-alive\n") == []
    assert parser.feed("data: a\n\n") == ["a"]


LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
END = st.sampled_from(["\n", "\r", "\r\n"])


@given(
    st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=4),
    END,
    st.data(),
)
def test_cut_anywhere_the_events_are_the_same(
    contents: list[list[str]], end: str, data: st.DataObject
) -> None:
    text = "".join(
        "".join(f"data: {line}{end}" for line in lines) + f": comment{end}{end}"
        for lines in contents
    )
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert events(*pieces) == ["\n".join(lines) for lines in contents]


@given(st.lists(st.text(alphabet="data: x\r\n\ufeff", max_size=6), max_size=8))
def test_any_text_at_all_is_the_same_in_pieces(pieces: list[str]) -> None:
    assert events(*pieces) == events("".join(pieces))
