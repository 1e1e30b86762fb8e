"""The history as whole turns, and which of them still fit.

A turn is a question with all that answered it: tool calls, their results, the answer. Only whole
turns are left out, so no answer stands without its question and no tool result without its call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from llm.prompts.parts import Said
from llm.prompts.untrusted import neutralise, own
from llm.providers.base import ChatMessage

STEP = 0.75
"""Where the history outgrows its limit, it is cut to this share of it. The next turns then fit
without another cut, and the beginning of the prompt stays the same for the prefix cache."""
PINNED_SHARE = 0.5
"""Pinned turns may take this share of the limit; older ones beyond it count as any other turn."""


class Count(Protocol):
    def __call__(self, message: ChatMessage, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """``said`` is how many messages of the conversation it is made of."""

    messages: tuple[ChatMessage, ...]
    said: int
    tokens: int
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    turns: tuple[Turn, ...]
    left_out: int

    @property
    def tokens(self) -> int:
        return sum(turn.tokens for turn in self.turns)


def turns_of(history: Sequence[Said], count: Count) -> tuple[tuple[Turn, ...], int]:
    """The turns, and how many messages stand before the first question: nobody's answers."""
    starts = [index for index, said in enumerate(history) if said.message.role == "user"]
    bounds = [*starts, len(history)]
    turns = tuple(_turn(history[start:end], count) for start, end in pairwise(bounds))
    return turns, bounds[0]


def fitting(turns: Sequence[Turn], limit: int, *, most: int | None = None) -> Kept:
    """The turns that fit ``limit`` tokens (and are at most ``most``), in their order.

    The conversation is replayed from its first turn: each time it outgrows the limit, the oldest
    go until ``STEP`` of it is left. The cut therefore depends on nothing but the turns and the
    limit, yet moves only now and then.
    """
    pinned = _pinned(turns, int(limit * PINNED_SHARE))
    kept: list[int] = []
    tokens = 0
    for index, turn in enumerate(turns):
        kept.append(index)
        tokens += turn.tokens
        if tokens > limit or (most is not None and len(kept) > most):
            kept = _cut(turns, kept, pinned, limit, most)
            tokens = sum(turns[each].tokens for each in kept)
    left_out = sum(turn.said for turn in turns) - sum(turns[index].said for index in kept)
    return Kept(tuple(turns[index] for index in kept), left_out)


def _cut(
    turns: Sequence[Turn], kept: list[int], pinned: frozenset[int], limit: int, most: int | None
) -> list[int]:
    """Without the oldest that are not pinned. The newest goes only if it does not fit at all."""
    tokens, number = sum(turns[each].tokens for each in kept), len(kept)
    aim = int(limit * STEP)
    fewest = number if most is None else int(most * STEP)
    gone: set[int] = set()
    for index in kept:
        enough = tokens <= aim and number <= fewest
        if enough or (index == kept[-1] and tokens <= limit):
            break
        if index not in pinned:
            gone.add(index)
            tokens -= turns[index].tokens
            number -= 1
    return [each for each in kept if each not in gone]


def _pinned(turns: Sequence[Turn], limit: int) -> frozenset[int]:
    """The newest pinned turns that fit."""
    chosen = set()
    for index in reversed(range(len(turns))):
        if turns[index].pinned and turns[index].tokens <= limit:
            chosen.add(index)
            limit -= turns[index].tokens
    return frozenset(chosen)


def _turn(said: Sequence[Said], count: Count) -> Turn:
    messages = tuple(clean(each) for each in answered([each.message for each in said]))
    tokens = sum(count(message) for message in messages)
    return Turn(messages, len(said), tokens, any(each.pinned for each in said))


def clean(message: ChatMessage) -> ChatMessage:
    """As it goes into a prompt: a tool's result is others' text. What a model thought is not sent
    again once its turn is over; chat templates drop it there too."""
    content = neutralise(message.content) if message.role == "tool" else own(message.content)
    return replace(message, content=content, thinking="")


def answered(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Without tool calls that have no result and results that have no call (a stopped answer):
    servers refuse such a history."""
    kept: list[ChatMessage] = []
    for position, message in enumerate(messages):
        if message.role == "tool":
            continue
        results = _results(messages[position + 1 :])
        if not message.tool_calls:
            kept.append(message)
        elif _all_answered(message, results):
            kept.extend((message, *results))
        elif message.content:
            kept.append(replace(message, tool_calls=()))
    return kept


def _results(following: Sequence[ChatMessage]) -> list[ChatMessage]:
    results = []
    for message in following:
        if message.role != "tool":
            break
        results.append(message)
    return results


def _all_answered(message: ChatMessage, results: Sequence[ChatMessage]) -> bool:
    """Each call has one result: by ID where the server gave some, else by name."""
    if all(call.id for call in message.tool_calls) and all(each.tool_call_id for each in results):
        wanted = sorted(call.id for call in message.tool_calls)
        return wanted == sorted(each.tool_call_id for each in results)
    wanted = sorted(call.name for call in message.tool_calls)
    return wanted == sorted(each.tool_name for each in results)
