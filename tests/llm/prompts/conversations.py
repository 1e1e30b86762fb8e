"""Conversations and pieces for the tests of prompts."""

from __future__ import annotations

from hypothesis import strategies as st

from llm.prompts import Gathered, Piece, Said, Slot
from llm.providers.base import ChatMessage, ToolCall

SYSTEM = Piece("You help with reports.", trusted=True, prompt_key="system@1")
BOUNDARY = "b0b0b0b0b0b0b0b0"


def boundary() -> str:
    return BOUNDARY


def said(role: str, content: str, *, pinned: bool = False, **more: object) -> Said:
    return Said(ChatMessage(role, content, **more), pinned=pinned)  # type: ignore[arg-type]


def turn(question: str, answer: str, *, pinned: bool = False) -> tuple[Said, ...]:
    return said("user", question, pinned=pinned), said("assistant", answer)


def tool_turn(question: str, result: str, answer: str, call_id: str = "c1") -> tuple[Said, ...]:
    call = ToolCall(call_id, "find", {"text": question})
    return (
        said("user", question),
        said("assistant", "", tool_calls=(call,)),
        said("tool", result, tool_name="find", tool_call_id=call_id),
        said("assistant", answer),
    )


def chat(*turns: tuple[Said, ...]) -> tuple[Said, ...]:
    return tuple(message for each in turns for message in each)


def gathered(*pieces: tuple[Slot, Piece], slots: frozenset[Slot] | None = None) -> Gathered:
    """With instructions first, as ``gather`` would order them."""
    given = sorted(((Slot.SYSTEM, SYSTEM), *pieces), key=lambda each: each[0])
    return Gathered(tuple(given), (), slots or frozenset(slot for slot, _ in given))


def contents(messages: tuple[ChatMessage, ...]) -> list[str]:
    return [message.content for message in messages]


# Texts of all scripts and of what tokenizers take for control, short and long.
_FRAGMENTS = st.sampled_from(
    ("<|", "|>", "<|im_start|>", "<s>", "</s>", "[INST]", "<think>", "{{x}}", "123456", "報告",
     "отчёт", "\u202e", "\u200b", "\n", "    ", "😀", "Sales by month ", BOUNDARY)
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=60),
    st.lists(_FRAGMENTS, max_size=12).map("".join),
    st.integers(1, 150).map(lambda number: "some words here " * number),
)
turns = st.one_of(
    st.builds(turn, texts, texts, pinned=st.booleans()),
    st.builds(tool_turn, texts, texts, texts),
)
histories = st.lists(turns, max_size=14).map(lambda each: chat(*each))
pieces = st.builds(
    Piece,
    text=texts,
    source=texts,
    trusted=st.booleans(),
    priority=st.integers(-2, 2),
    id=st.sampled_from(("", "a", "b", "c")),
)
parts = st.lists(st.tuples(st.sampled_from(list(Slot)[1:]), pieces), max_size=12).map(
    lambda each: gathered(*each)
)
