"""What every provider takes and gives: plain values in, plain values out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from common.http.outgoing import Policy
from llm.providers.options import GenerationOptions

Role = Literal["system", "user", "assistant", "tool"]
KeepAlive = int | str
"""Seconds (negative: for ever, 0: unload after the answer) or a text with a unit ("10m")."""


class Capability(StrEnum):
    """What a kind of server can do; the pages hide what is not there."""

    CHAT = "chat"
    EMBED = "embed"
    LIST = "list"
    RUNNING = "running"
    SHOW = "show"
    VERSION = "version"
    PULL = "pull"
    DELETE = "delete"
    LOAD = "load"
    CONTEXT = "context"
    """``num_ctx``, ``top_k``, ``repeat_penalty`` and ``keep_alive`` are understood."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is, and how it may be reached. ``api_key`` is never shown by ``repr``."""

    base_url: str
    policy: Policy
    api_key: str = field(default="", repr=False)
    connect_seconds: float = 2.0
    answer_seconds: float = 30.0
    """The longest wait for the answer to a short question (list, show, version, delete)."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """``images`` are base64 without a prefix. A ``tool`` message names the tool it answers for."""

    role: Role
    content: str = ""
    thinking: str = ""
    images: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_name: str = ""
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """``format``: "json" or a JSON schema the answer must fit. ``tools``: function schemas as both
    kinds of servers take them (``{"type": "function", "function": {…}}``)."""

    model: str
    messages: tuple[ChatMessage, ...]
    options: GenerationOptions = field(default_factory=GenerationOptions)
    format: Literal["json"] | dict[str, Any] | None = None
    tools: tuple[dict[str, Any], ...] = ()
    keep_alive: KeepAlive | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a call took: tokens, and milliseconds. ``estimated``: the server gave no counts.

    ``queue_ms`` is the server's own waiting that is in none of its figures (facts 3.3).
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    queue_ms: float = 0.0
    load_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    total_ms: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        return self.completion_tokens / self.decode_ms * 1000 if self.decode_ms > 0 else None


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    call: ToolCall


@dataclass(frozen=True, slots=True)
class Done:
    """The terminal event. ``reason``: stop, length, tool_calls, load, unload, or ""."""

    metrics: Metrics
    reason: str = "stop"


Delta = Text | Thinking | ToolCalled | Done


@dataclass(frozen=True, slots=True)
class ChatResult:
    text: str
    metrics: Metrics
    reason: str = "stop"
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """An installed model. ``capabilities`` is None where the server does not tell (facts 3.6)."""

    name: str
    size: int = 0
    digest: str = ""
    modified_at: datetime | None = None
    family: str = ""
    parameters: str = ""
    quantization: str = ""
    context_length: int | None = None
    capabilities: frozenset[str] | None = None
    remote_host: str = ""
    """Set: the model runs elsewhere, prompts leave the machine (facts 3.13)."""


@dataclass(frozen=True, slots=True)
class RunningModel:
    """A loaded model; ``vram`` of ``size`` bytes are in GPU memory."""

    name: str
    size: int = 0
    vram: int = 0
    digest: str = ""
    expires_at: datetime | None = None
    context_length: int | None = None


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """``context_length`` is the most the model was made for."""

    info: ModelInfo
    template: str = ""
    system: str = ""
    license: str = ""
    parameters: str = ""
    modelfile: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PullProgress:
    """One line of a pull: a status, and for a layer its digest with bytes."""

    status: str
    digest: str = ""
    total: int = 0
    completed: int = 0


class Provider(Protocol):
    """A server of models. Every method raises ``ProviderError`` with a sentence. Short questions
    (list, show, version, delete) end with the endpoint's limits; where a model works (``chat``,
    ``stream``, ``load``, ``unload``, ``embed``, ``pull``) the caller sets the budget. Cancelling
    the task, or closing a generator early (``contextlib.aclosing``), closes the connection: that
    is how a server is told to stop."""

    kind: str
    label: str
    capabilities: frozenset[Capability]

    def __init__(self, endpoint: Endpoint) -> None: ...

    async def chat(self, request: ChatRequest) -> ChatResult: ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]: ...

    async def models(self) -> list[ModelInfo]: ...

    async def running(self) -> list[RunningModel]: ...

    async def show(self, name: str) -> ModelDetails: ...

    async def version(self) -> str: ...

    def pull(self, name: str) -> AsyncGenerator[PullProgress, None]: ...

    async def delete(self, name: str) -> None: ...

    async def load(
        self, name: str, *, keep_alive: KeepAlive | None = None, num_ctx: int | None = None
    ) -> None: ...

    async def unload(self, name: str) -> None: ...

    async def embed(
        self, model: str, texts: list[str], *, keep_alive: KeepAlive | None = None
    ) -> list[list[float]]: ...
