"""Who is behind what runs now: the trace id and the origin, carried by context variables.

The web, the API, jobs, plans and commands enter a ``scope``; audit entries, logs, jobs and problem
answers read it. Trace ids are W3C: 32 hexadecimal digits.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import structlog

Origin = Literal["page", "api", "admin", "job", "plan", "command"]

_trace_id: ContextVar[str] = ContextVar("trace_id", default="")
_origin: ContextVar[Origin] = ContextVar("origin", default="command")
_plan: ContextVar[str] = ContextVar("plan_sha256", default="")
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


def new_trace_id() -> str:
    return secrets.token_hex(16)


def trace_id() -> str:
    """The current trace id; outside of any scope a fresh one is made and kept."""
    if not (value := _trace_id.get()):
        value = new_trace_id()
        _trace_id.set(value)
    return value


def origin() -> Origin:
    return _origin.get()


def plan_sha256() -> str:
    return _plan.get()


def parse_traceparent(header: str) -> str:
    """The trace id of a ``traceparent`` header, or ``""`` when it is absent or malformed."""
    match = _TRACEPARENT.match(header.strip().lower())
    return match[1] if match and set(match[1]) != {"0"} else ""


def traceparent() -> str:
    return f"00-{trace_id()}-{secrets.token_hex(8)}-01"


@contextmanager
def scope(*, origin: Origin, trace_id: str = "", plan_sha256: str = "") -> Iterator[None]:
    """Everything in the block belongs to this origin and trace."""
    identifier = trace_id or _trace_id.get() or new_trace_id()
    tokens = (
        (_trace_id, _trace_id.set(identifier)),
        (_origin, _origin.set(origin)),
        (_plan, _plan.set(plan_sha256 or _plan.get())),
    )
    try:
        with structlog.contextvars.bound_contextvars(trace_id=identifier):
            yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)  # type: ignore[arg-type]
