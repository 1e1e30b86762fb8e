"""What must hold of every prompt, whatever is in it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llm.prompts import (
    Assembled,
    Gathered,
    Piece,
    PromptContext,
    Said,
    Slot,
    Window,
    assemble,
    prompt_tokens,
)
from llm.prompts.tokens import message_tokens
from llm.providers.base import ChatMessage
from llm.providers.errors import PromptTooLong
from tests.llm.prompts.conversations import (
    BOUNDARY,
    boundary,
    chat,
    gathered,
    histories,
    parts,
    texts,
    turn,
)

contexts = st.builds(PromptContext, texts, history=histories)
windows = st.builds(
    Window,
    st.sampled_from((512, 1024, 2048, 4096, 32768)),
    st.none() | st.integers(1, 600),
    st.sampled_from((0.6, 1.0, 1.35, 3.0)),
)


def tried(context: PromptContext, given: Gathered, window: Window) -> Assembled:
    try:
        return assemble(context, given, window, boundary=boundary)
    except PromptTooLong:
        assume(False)
        raise


@settings(max_examples=300, deadline=None)
@given(contexts, parts, windows)
def test_never_above_the_budget(context: PromptContext, given: Gathered, window: Window) -> None:
    result = tried(context, given, window)
    assert prompt_tokens(result.messages, factor=window.factor) <= result.total <= window.room
    assert result.room + window.reserve == window.size


@settings(max_examples=200, deadline=None)
@given(contexts, parts, windows)
def test_the_question_is_refused_only_when_it_does_not_fit(
    context: PromptContext, given: Gathered, window: Window
) -> None:
    bare = Gathered(tuple((s, p) for s, p in given.pieces if s is Slot.SYSTEM))
    alone = replace(context, history=())
    try:
        assemble(alone, bare, window)
    except PromptTooLong:
        assume(False)
    result = assemble(context, given, window, boundary=boundary)
    last = result.messages[-1]
    assert last.role == "user"
    assert message_tokens(last) >= message_tokens(assemble(alone, bare, window).messages[-1])


@settings(max_examples=150, deadline=None)
@given(contexts, parts, windows)
def test_nothing_is_lost_without_being_said(
    context: PromptContext, given: Gathered, window: Window
) -> None:
    result = tried(context, given, window)
    used = [id(each.piece) for each in result.used]
    trimmed = [id(each) for each in result.trimmed]
    assert sorted(used + trimmed) == sorted(id(piece) for _, piece in given.pieces)
    assert result.fits == (not result.trimmed and not result.left_out)
    assert {note.code for note in result.notes} == {
        code
        for code, number in (
            ("MESSAGES_LEFT_OUT", result.left_out),
            ("CONTEXT_TRIMMED", len(result.trimmed)),
        )
        if number
    }


@settings(max_examples=150, deadline=None)
@given(contexts, parts, windows)
def test_the_same_input_gives_the_same_bytes_but_for_the_boundary(
    context: PromptContext, given: Gathered, window: Window
) -> None:
    first = tried(context, given, window)
    assert assemble(context, given, window, boundary=boundary) == first
    random = [assemble(context, given, window) for _ in range(2)]
    marks = [_boundary(each) for each in random]
    texts = [
        [m.content.replace(mark, "#") for m in each.messages]
        for each, mark in zip(random, marks, strict=True)
    ]
    assert texts[0] == texts[1]
    if marks[0] != "#":
        assert marks[0] != marks[1]


def _boundary(result: Assembled) -> str:
    lines = result.messages[-1].content.split("\n")
    marks = [line for line in lines if line.startswith("----- end of data ")]
    return marks[-1].removeprefix("----- end of data ") if marks else "#"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6), texts, texts, st.booleans())
def test_the_next_turn_begins_with_this_one(
    earlier: list[tuple[str, str]], question: str, answer: str, found: bool
) -> None:
    """The prefix cache: only what was found for a question does not come again."""
    given = gathered() if not found else gathered((Slot.CONTEXT, Piece("revenue 17")))
    history = chat(*(turn(*each) for each in earlier))
    window = Window(131_072)
    this = assemble(PromptContext(question, history=history), given, window, boundary=boundary)
    grown = PromptContext("next", history=chat(history, turn(question, answer)))
    following = assemble(grown, given, window, boundary=boundary)
    assert this.fits
    assert following.fits
    kept = len(this.messages) - found
    assert following.messages[:kept] == this.messages[:kept]
    assert [each.role for each in following.messages[kept:]][-2:] == ["assistant", "user"]
    assert "revenue 17" not in "".join(each.content for each in following.messages[:-1])


def test_a_long_conversation_changes_its_beginning_only_now_and_then() -> None:
    """Questions of varying length, in a window that holds a dozen turns."""
    history: tuple[Said, ...] = ()
    before: tuple[ChatMessage, ...] = ()
    changes = 0
    for number in range(80):
        question = f"question {number} " + "with words " * (number % 7)
        result = assemble(
            PromptContext(question, history=history), gathered(), Window(4096, most_turns=None)
        )
        changes += result.messages[: len(before)] != before
        before = result.messages
        history = chat(history, turn(question, "some words here " * (30 + number % 11 * 3)))
    assert result.left_out > 100
    assert changes <= 80 / 3


@settings(max_examples=100, deadline=None)
@given(contexts, parts, st.integers(0, 5))
def test_text_of_others_stands_in_blocks_or_quotations(
    context: PromptContext, given: Gathered, number: int
) -> None:
    marker = f"zzmarker{number}"
    pieces = tuple(
        (slot, piece if piece.trusted else replace(piece, text=f"{piece.text}\n{marker}"))
        for slot, piece in given.pieces
    )
    result = tried(context, replace(given, pieces=pieces), Window(32768))
    inside = False
    for line in "\n".join(m.content for m in result.messages).split("\n"):
        inside = {f"----- data {BOUNDARY}": True, f"----- end of data {BOUNDARY}": False}.get(
            line, inside
        )
        assert marker not in line or inside or line.startswith("> ")
