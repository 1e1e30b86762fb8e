"""From parts and a conversation to the messages that are sent, within the model's window.

Servers drop what does not fit without a word, so we never send more than fits. What is shared out
is the window without the room for the answer. Needed in any case: instructions, the question, the
tools. Then come the summary and the pinned facts, then the history (its newest turns), and what is
left is for retrieved context, which has a share kept free for it where there are such parts.

The prompt of the next turn begins with all that stands before the question in this one, as long
as no turn has to go; and with all of this one if it had no retrieved context (see ``turns.fitting``
for what happens when turns have to go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llm.prompts.context import Found, chosen_context
from llm.prompts.head import Head, build_head
from llm.prompts.messages import alternating
from llm.prompts.parts import (
    Gathered,
    Note,
    PartRegistry,
    Piece,
    PromptContext,
    Slot,
    default_registry,
    gather,
)
from llm.prompts.tokens import REQUEST_TOKENS, message_tokens, prompt_tokens, tools_tokens
from llm.prompts.toolong import Sizes, too_long
from llm.prompts.turns import Kept, answered, fitting, turns_of
from llm.prompts.untrusted import Boundary, neutralise, own, random_boundary
from llm.providers.base import ChatMessage

MOST_TURNS = 20


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the window without the answer and the instructions: how much retrieved context may take,
    how much is kept free for the question where there is none, and for pinned facts and summary."""

    context: float = 0.4
    question: float = 0.1
    head: float = 0.5


@dataclass(frozen=True, slots=True)
class Window:
    """``size`` is the model's num_ctx. ``num_predict`` tokens are always left for the answer.
    ``factor`` corrects the estimates for the model (``Calibration.factor``)."""

    size: int
    num_predict: int | None = None
    factor: float = 1.0
    most_turns: int | None = MOST_TURNS
    shares: Shares = Shares()

    @property
    def reserve(self) -> int:
        """Room for the answer."""
        return min(1024, self.size // 4) if self.num_predict is None else self.num_predict

    @property
    def room(self) -> int:
        """Room for the prompt."""
        return self.size - self.reserve

    def count(self, message: ChatMessage) -> int:
        return message_tokens(message, factor=self.factor)


@dataclass(frozen=True, slots=True)
class Used:
    """A piece that is in the prompt. ``number`` is what an answer cites, 0 for those without."""

    piece: Piece
    slot: Slot
    tokens: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Assembled:
    """What is sent, and how it came about. ``tokens`` by section are estimates, their sum is never
    above ``room``; ``estimated`` is the same without correction, for ``Calibration.update``.
    ``left_out`` counts messages of the history. ``fits``: nothing was left out or trimmed."""

    messages: tuple[ChatMessage, ...]
    tokens: Mapping[str, int]
    window: int
    room: int
    estimated: int
    left_out: int = 0
    used: tuple[Used, ...] = ()
    trimmed: tuple[Piece, ...] = ()
    notes: tuple[Note, ...] = ()
    prompt_keys: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.tokens.values())

    @property
    def fits(self) -> bool:
        return not self.left_out and not self.trimmed

    def cited(self) -> Mapping[int, Piece]:
        """The pieces an answer may cite, by number."""
        return {each.number: each.piece for each in self.used if each.number}


async def build_prompt(
    context: PromptContext,
    window: Window,
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    registry: PartRegistry = default_registry,
    boundary: Boundary = random_boundary,
) -> Assembled:
    """Ask the parts, then assemble. Raises ``PromptTooLong`` only for the question itself."""
    asked = replace(context, budget=max(0, int(window.room * window.shares.context)))
    gathered = await gather(asked, registry)
    return assemble(asked, gathered, window, tools=tools, boundary=boundary)


def assemble(
    context: PromptContext,
    gathered: Gathered,
    window: Window,
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    boundary: Boundary = random_boundary,
) -> Assembled:
    """The same input gives the same bytes, but for the boundary."""
    frame = _frame(context, gathered, window, tools)
    history, left_out = _history(context, gathered, window, frame)
    free = min(int(frame.stable * window.shares.context), frame.spare - history.tokens)
    found = chosen_context(gathered.of(Slot.CONTEXT), free, boundary(), window.factor)
    messages = frame.messages(history, found)
    trimmed = (*frame.head.trimmed, *found.trimmed)
    used = _used(frame.head, found)
    return Assembled(
        messages=messages,
        tokens=frame.sections | {"history": history.tokens, "context": found.tokens},
        window=window.size,
        room=window.room,
        estimated=prompt_tokens(messages, tools=tools),
        left_out=left_out,
        used=used,
        trimmed=trimmed,
        notes=(*gathered.notes, *_notes(left_out, len(trimmed))),
        prompt_keys=_keys(used),
    )


def left_out_sentence(number: int) -> str:
    if number == 1:
        return "1 earlier message was left out, because the model cannot read all at once."
    return f"{number:,} earlier messages were left out, because the model cannot read all at once."


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is in any case. ``stable``: tokens left by the beginning, which stays the same from
    turn to turn; ``spare``: those left by the question too."""

    head: Head
    question: ChatMessage
    following: tuple[ChatMessage, ...]
    sections: dict[str, int]
    stable: int

    @property
    def spare(self) -> int:
        return self.stable - self.sections["question"]

    def messages(self, history: Kept, found: Found) -> tuple[ChatMessage, ...]:
        turns = [message for turn in history.turns for message in turn.messages]
        content = "\n\n".join(filter(None, (found.text, self.question.content)))
        question = replace(self.question, content=content)
        return alternating((*self.head.messages, *turns, question, *self.following))


def _frame(
    context: PromptContext,
    gathered: Gathered,
    window: Window,
    tools: Sequence[Mapping[str, Any]],
) -> _Frame:
    question = ChatMessage("user", own(context.question), images=context.images)
    following = tuple(map(_following, answered(context.following)))
    fixed = tools_tokens(tools, factor=window.factor) + REQUEST_TOKENS
    asked = window.count(question) + sum(map(window.count, following))
    head = build_head(gathered, window.room - fixed - asked, window.shares.head, window.factor)
    stable = window.room - fixed - head.tokens
    if asked > stable:
        sizes = Sizes(window.size, window.reserve, fixed + head.tokens)
        raise too_long(context.question, window.count(question), asked, sizes)
    sections = {**head.sections, "tools": fixed, "question": asked}
    return _Frame(head, question, following, sections, stable)


def _history(
    context: PromptContext, gathered: Gathered, window: Window, frame: _Frame
) -> tuple[Kept, int]:
    """Its limit depends on the question only when that is long, so that the cut stays put."""
    shares = window.shares
    free = shares.context if Slot.CONTEXT in gathered.slots else shares.question
    turns, lost = turns_of(context.history, window.count)
    limit = min(int(frame.stable * (1 - free)), frame.spare)
    kept = fitting(turns, limit, most=window.most_turns)
    return kept, context.earlier + lost + kept.left_out


def _following(message: ChatMessage) -> ChatMessage:
    """Of the turn that is going on; what the model thought belongs to its tool calls."""
    change = neutralise if message.role == "tool" else own
    return replace(message, content=change(message.content))


def _used(head: Head, found: Found) -> tuple[Used, ...]:
    first = tuple(Used(piece, slot, tokens) for slot, piece, tokens in head.used)
    return (*first, *(Used(piece, Slot.CONTEXT, cost, n) for piece, cost, n in found.used))


def _notes(left_out: int, trimmed: int) -> tuple[Note, ...]:
    notes = []
    if left_out:
        notes.append(Note("MESSAGES_LEFT_OUT", left_out_sentence(left_out)))
    if trimmed:
        what = "1 source was" if trimmed == 1 else f"{trimmed:,} sources were"
        notes.append(Note("CONTEXT_TRIMMED", f"{what} left out, because there was no room."))
    return tuple(notes)


def _keys(used: Sequence[Used]) -> tuple[str, ...]:
    keys = (each.piece.prompt_key for each in used)
    return tuple(dict.fromkeys(key for key in keys if key))
