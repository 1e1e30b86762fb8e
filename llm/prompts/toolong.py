"""Saying that a question does not fit, in sizes people know."""

from __future__ import annotations

from dataclasses import dataclass

from llm.providers.errors import PromptTooLong

_ADVICE = "Shorten it, or choose a model or a setting with a larger context window."


@dataclass(frozen=True, slots=True)
class Sizes:
    """In tokens: the model's window, what is kept for the answer, what instructions take."""

    window: int
    reserve: int
    instructions: int

    @property
    def room(self) -> int:
        return self.window - self.reserve - self.instructions


def too_long(question: str, question_tokens: int, asked: int, sizes: Sizes) -> PromptTooLong:
    """``asked``: the question and what followed it so far (results of tools)."""
    detail = (
        f"window {sizes.window}, answer {sizes.reserve}, instructions {sizes.instructions}, "
        f"question {question_tokens}, following {asked - question_tokens} tokens (estimated)"
    )
    return PromptTooLong(_sentence(question, question_tokens, asked, sizes), detail=detail)


def _sentence(question: str, question_tokens: int, asked: int, sizes: Sizes) -> str:
    kept = f"{sizes.window:,} tokens, of which {sizes.reserve:,} are kept for the answer"
    room = sizes.room - (asked - question_tokens)
    if sizes.room <= 0:
        return (
            f"The model's context window has {kept}. That leaves no room for a message beside the "
            "instructions. Allow shorter answers, or choose a larger context window."
        )
    if question_tokens <= sizes.room:
        return (
            "What the tools found for this message is more than the model can read at once: its "
            f"context window has {kept}. Ask for less at once, or choose a larger context window."
        )
    size, unit = _size(question)
    fits = _rounded(max(0, int(size * max(room, 0) / max(question_tokens, 1))))
    if not fits:
        return f"This message does not fit the model's context window ({kept}). {_ADVICE}"
    return (
        f"This message is too long for the model: it has about {_rounded(size, up=True):,} {unit}, "
        f"and about {fits:,} fit (its context window has {kept}). {_ADVICE}"
    )


def _size(text: str) -> tuple[int, str]:
    """Words where the text has such, else characters."""
    words = len(text.split())
    return (words, "words") if len(text) <= words * 15 else (len(text), "characters")


def _rounded(number: int, *, up: bool = False) -> int:
    """Two figures are enough for an estimate."""
    unit = int("1" + "0" * max(0, len(str(number)) - 2))
    return (number + (unit - 1 if up else 0)) // unit * unit
