"""What a caller asks, and what it hears when nothing could answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Organization, User
from common.http.codes import CODES
from llm.orchestration.events import Answer
from llm.orchestration.purposes import Budget, Purpose
from llm.providers.base import ChatMessage
from llm.providers.options import GenerationOptions


@dataclass(frozen=True, slots=True)
class Target:
    """The model that is going to read the prompt, for whoever builds it.

    ``window`` in tokens is what is sent as ``num_ctx``; ``longest_answer`` is the cap on the
    answer, None where there is none; ``factor`` corrects estimates of tokens for this model.
    """

    provider_id: int
    provider: str
    model: str
    window: int
    longest_answer: int | None = None
    capabilities: frozenset[str] | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Built:
    """A prompt for one model; ``notes`` are told, as "12 messages left out"."""

    messages: tuple[ChatMessage, ...]
    notes: tuple[str, ...] = ()


Build = Callable[[Target], Awaitable[Built]]
"""Awaited once for each model that is tried. It raises ``errors.PromptTooLong`` with a sentence
when nothing useful fits the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """``messages``: what is sent, or what builds it once the model is known.

    ``model`` "" is Auto. ``fingerprint`` says what the person may see; without one nothing is
    cached. ``fallback`` None: yes for Auto, no for a model asked for by name. ``question`` is what
    the choice looks at to tell an easy question from a hard one; "" takes the last message.
    ``when_idle``: only if nobody uses the model or waits for it, else "busy" at once; for titles
    and summaries, which never delay an answer (facts 3.18).
    """

    purpose: Purpose
    organization: Organization
    messages: tuple[ChatMessage, ...] | Build
    user: User | None = None
    model: str = ""
    provider: int | None = None
    options: GenerationOptions = field(default_factory=GenerationOptions)
    format: dict[str, Any] | None = None
    tools: tuple[dict[str, Any], ...] = ()
    prompt_key: str = ""
    fingerprint: str = ""
    budget: Budget | None = None
    fallback: bool | None = None
    question: str = ""
    when_idle: bool = False

    @property
    def falls_back(self) -> bool:
        return not self.model if self.fallback is None else self.fallback

    @property
    def last_words(self) -> str:
        if self.question or callable(self.messages):
            return self.question
        return next((each.content for each in reversed(self.messages) if each.role == "user"), "")

    @property
    def has_images(self) -> bool:
        return not callable(self.messages) and any(each.images for each in self.messages)


class Unanswered(Exception):
    """No model answered. ``message`` is a sentence, ``code`` one of ``common.http.codes``;
    ``answer`` holds what came before it broke off."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        notes: tuple[str, ...] = (),
        answer: Answer | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.notes = notes
        self.answer = answer

    @property
    def next_step(self) -> str:
        return next_step(self.code)


def next_step(code: str) -> str:
    return str(CODES[code].next_step) if code in CODES else ""
