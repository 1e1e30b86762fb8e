"""Parts that only hand on a prompt file, or a text the caller has in ``PromptContext.data``."""

from __future__ import annotations

from collections.abc import Sequence

from llm.prompts.library import prompt
from llm.prompts.parts import Part, Piece, PromptContext, Slot


def prompt_part(
    name: str, *, order: int = 0, purposes: frozenset[str] = frozenset(), version: int | None = None
) -> Part:
    """The text of a prompt file as instructions."""

    async def build(context: PromptContext) -> Sequence[Piece]:
        found = prompt(name, version)
        return [Piece(found.render(), trusted=True, prompt_key=found.key)]

    return Part(f"prompt:{name}", Slot.SYSTEM, build, order=order, purposes=purposes)


def data_part(
    key: str,
    slot: Slot,
    *,
    trusted: bool = False,
    order: int = 100,
    purposes: frozenset[str] = frozenset(),
) -> Part:
    """The text, or texts, under a key of the context's data: a summary, pinned facts, the system
    prompt of a conversation. The first of several is the last to go."""

    async def build(context: PromptContext) -> Sequence[Piece]:
        given = context.data.get(key) or ()
        texts = [given] if isinstance(given, str) else list(given)
        return [
            Piece(text, trusted=trusted, priority=-position)
            for position, text in enumerate(texts)
            if text.strip()
        ]

    return Part(f"data:{key}", slot, build, order=order, purposes=purposes)
