"""The parts of a prompt, and how other apps add theirs.

The order of a prompt never changes: system, pinned facts, summary, history, retrieved context,
the user's message. What changes least stands first, so that a model finds the beginning of a
prompt in its prefix cache. Hence: no date, no question and nothing random in a part of the slots
before the history; what belongs to this one question goes into ``Slot.CONTEXT``, is sent with the
question, and is not repeated when the question has become history.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from llm.providers.base import ChatMessage

logger = logging.getLogger(__name__)
SECONDS = 3.0
"""How long a part may take, unless it says otherwise."""


class Slot(IntEnum):
    """Where a part goes. History and the user's message are no parts: the context holds them."""

    SYSTEM = 10
    PINNED = 20
    SUMMARY = 30
    CONTEXT = 50


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the conversation so far. ``pinned`` keeps its turn when others are left out."""

    message: ChatMessage
    id: str = ""
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a prompt is made for. ``user`` is opaque here; parts ask it for permissions.

    ``purpose`` tells parts who will read: cell values belong only in prompts that answer, never in
    those that can plan changes. ``history``: the turns before the question, oldest first, from a
    place that stays (the start, or where the summary ends), not the last so many, or the prefix
    changes with each turn. ``earlier``: how many messages there are before those.
    ``following``: what came after the question in this same turn (tool calls and their results,
    or an answer to go on with); it is never left out. ``budget``: tokens for retrieved context.
    """

    question: str
    purpose: str = "chat"
    user: Any = None
    organization_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Said, ...] = ()
    earlier: int = 0
    images: tuple[str, ...] = ()
    following: tuple[ChatMessage, ...] = ()
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text for a prompt. ``trusted``: the wording is ours. ``source`` is its label.

    Pieces with an ``id`` are numbered for citations. Where not all fit, those of lower
    ``priority`` go first; it has no say in the order. ``prompt_key`` names the file it is from.
    """

    text: str
    source: str = ""
    trusted: bool = False
    priority: int = 0
    id: str = ""
    prompt_key: str = ""


Build = Callable[[PromptContext], Awaitable[Sequence[Piece]]]


@dataclass(frozen=True, slots=True)
class Part:
    """``build`` says what to put into the slot, perhaps nothing. ``order`` sorts within the slot,
    then ``name`` does. ``purposes``: those it is for, none named means all. ``label`` is what
    people call it, for the note when it failed."""

    name: str
    slot: Slot
    build: Build
    order: int = 100
    purposes: frozenset[str] = frozenset()
    seconds: float = SECONDS
    label: str = ""

    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell about a prompt: ``code`` for programs, ``message`` for people."""

    code: str
    message: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the parts gave, in the order of the prompt. ``slots``: those that had a part at all."""

    pieces: tuple[tuple[Slot, Piece], ...] = ()
    notes: tuple[Note, ...] = ()
    slots: frozenset[Slot] = frozenset()

    def of(self, slot: Slot) -> tuple[Piece, ...]:
        return tuple(piece for where, piece in self.pieces if where is slot)


class PartRegistry:
    """Parts by name; a name belongs to one part."""

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        self._parts: dict[str, Part] = {}
        for part in parts:
            self.register(part)

    def register(self, part: Part) -> None:
        if self._parts.setdefault(part.name, part) != part:
            raise ValueError(f"There is already a part “{part.name}”.")

    def parts(self, purpose: str) -> tuple[Part, ...]:
        """Those for a purpose, in the order of the prompt."""
        wanted = (
            each for each in self._parts.values() if not each.purposes or purpose in each.purposes
        )
        return tuple(sorted(wanted, key=lambda each: (each.slot, each.order, each.name)))


default_registry = PartRegistry()


def register_part(part: Part) -> None:
    """For ``AppConfig.ready()``."""
    default_registry.register(part)


async def gather(context: PromptContext, registry: PartRegistry = default_registry) -> Gathered:
    """Build all parts at once. One that fails or takes too long is left out, with a note."""
    parts = registry.parts(context.purpose)
    built = await asyncio.gather(*(_build(part, context) for part in parts))
    pieces: list[tuple[Slot, Piece]] = []
    notes: list[Note] = []
    for part, result in zip(parts, built, strict=True):
        if isinstance(result, Note):
            notes.append(result)
        else:
            pieces.extend((part.slot, piece) for piece in result)
    return Gathered(tuple(pieces), tuple(notes), frozenset(part.slot for part in parts))


async def _build(part: Part, context: PromptContext) -> tuple[Piece, ...] | Note:
    """Does not wait for a part that will not be cancelled."""
    task = asyncio.ensure_future(_pieces(part, context))
    try:
        await asyncio.wait({task}, timeout=part.seconds)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not task.done():
        logger.warning("The prompt part %s took longer than %s s.", part.name, part.seconds)
        return Note("PART_SLOW", f"{part.title()} took too long and was left out.", part.name)
    if task.cancelled() or (error := task.exception()) is not None:
        _log_failure(part, None if task.cancelled() else error)
        return Note("PART_FAILED", f"{part.title()} failed and was left out.", part.name)
    return task.result()


def _log_failure(part: Part, error: BaseException | None) -> None:
    """Where it failed, not what the error says: that may quote what the user wrote."""
    where = "".join(traceback.format_tb(error.__traceback__)) if error else ""
    kind = type(error).__name__ if error else "cancelled"
    logger.error("The prompt part %s failed: %s\n%s", part.name, kind, where)


async def _pieces(part: Part, context: PromptContext) -> tuple[Piece, ...]:
    pieces = tuple(await part.build(context))
    if not all(isinstance(each, Piece) for each in pieces):
        raise TypeError(f"The part {part.name} gave something else than pieces.")
    return pieces


def _forget(task: asyncio.Future[tuple[Piece, ...]]) -> None:
    if not task.cancelled():
        task.exception()
