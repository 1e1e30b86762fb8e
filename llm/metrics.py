"""Figures about calls, for whoever measures the product. Labels come from closed sets.

    register_call_hook(hook)     # each attempt, once it is over
    register_state_hook(hook)    # a circuit opens or closes

A hook that fails is logged and harms nothing. It is called on an event loop: it must not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from common.http.codes import CODES
from llm.orchestration.purposes import Purpose

log = structlog.get_logger(__name__)

PURPOSES = tuple(purpose.value for purpose in Purpose)
OUTCOMES = ("ok", "cached", "failed", "cancelled", "refused")
KINDS = ("ollama", "openai", "")
STATES = ("closed", "open", "half_open")
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One attempt; the fields are those of ``ModelCall``. No text of a prompt or an answer."""

    purpose: str
    organization_id: int
    outcome: str
    user_id: Any = None
    provider_id: int | None = None
    provider_name: str = ""
    kind: str = ""
    model: str = ""
    prompt_key: str = ""
    attempt: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    waited_ms: float = 0.0
    queue_ms: float = 0.0
    load_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    first_token_ms: float | None = None
    total_ms: float = 0.0
    tokens_per_second: float | None = None
    error_code: str = ""
    trace_id: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """From closed sets only, so that no name of a model or a person makes a series."""
        return {
            "purpose": _known(self.purpose, PURPOSES),
            "outcome": _known(self.outcome, OUTCOMES),
            "kind": _known(self.kind, KINDS),
            "error_code": _known(self.error_code, ("", *CODES)),
        }


@dataclass(frozen=True, slots=True)
class StateRecord:
    """The circuit of a model: closed, open or half open."""

    provider_id: int
    kind: str
    model: str
    state: str

    @property
    def labels(self) -> dict[str, str]:
        return {"kind": _known(self.kind, KINDS), "state": _known(self.state, STATES)}


CallHook = Callable[[CallRecord], None]
StateHook = Callable[[StateRecord], None]
_call_hooks: list[CallHook] = []
_state_hooks: list[StateHook] = []


def register_call_hook(hook: CallHook) -> None:
    if hook not in _call_hooks:
        _call_hooks.append(hook)


def register_state_hook(hook: StateHook) -> None:
    if hook not in _state_hooks:
        _state_hooks.append(hook)


def unregister(hook: CallHook | StateHook) -> None:
    for hooks in (_call_hooks, _state_hooks):
        if hook in hooks:
            hooks.remove(hook)  # type: ignore[arg-type]


def call_ended(record: CallRecord) -> None:
    for hook in tuple(_call_hooks):
        try:
            hook(record)
        except Exception as error:
            log.warning("a hook failed", hook=str(hook), error=f"{type(error).__name__}: {error}")


def state_changed(record: StateRecord) -> None:
    for hook in tuple(_state_hooks):
        try:
            hook(record)
        except Exception as error:
            log.warning("a hook failed", hook=str(hook), error=f"{type(error).__name__}: {error}")


def _known(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else OTHER
