"""What a caller hears of one answer, from the line in front of the model to the last word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from llm.providers.base import Metrics, Text, Thinking, ToolCall, ToolCalled

Path = Literal["model", "cache", "without a model"]


@dataclass(frozen=True, slots=True)
class Answer:
    """``value``: the object in a structured answer. ``reason``: why it ended (stop, length …).

    ``notes`` say what was unusual: a retry, another model than the first, messages left out.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    value: dict[str, Any] | None = None
    reason: str = ""
    metrics: Metrics | None = None
    provider_id: int | None = None
    provider: str = ""
    model: str = ""
    chosen_because: str = ""
    path: Path = "model"
    notes: tuple[str, ...] = ()
    waited_ms: float = 0.0
    first_token_ms: float | None = None
    total_ms: float = 0.0
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """``position`` 1 is next; ``seconds`` is a rough wait, None while nothing is known."""

    position: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    provider_id: int
    provider: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded, or takes so long that it probably is."""

    model: str


@dataclass(frozen=True, slots=True)
class Noted:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """``answer`` holds what came before; ``next_step`` says what to do."""

    code: str
    message: str
    retryable: bool
    next_step: str
    answer: Answer


Event = Queued | Chosen | Loading | Noted | Text | Thinking | ToolCalled | Finished | Failed
"""The last one of a stream is Finished or Failed, and only the last one."""
