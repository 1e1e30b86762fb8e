"""What can go wrong in a sandbox; every ``str()`` is a sentence for people."""

from __future__ import annotations

from typing import Any


class SandboxError(Exception):
    """The called function raised. ``type`` is the class name of its exception, ``data`` what its
    ``to_data()`` gave (else empty)."""

    def __init__(
        self, message: str, *, type: str = "SandboxError", data: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.type = type
        self.data = data or {}


class SandboxTimeout(SandboxError):
    """The time limit (clock or processor) was reached; the child is gone."""


class SandboxCrashed(SandboxError):
    """The child ended without an answer. ``detail`` is for the log, not for people."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, type="SandboxCrashed")
        self.detail = detail


class SandboxMemory(SandboxError):
    """The child asked for more memory than it may have."""


class SandboxCancelled(SandboxError):
    """The caller, or the closing of the pool, stopped the call."""


class SandboxBusy(SandboxError):
    """No child became free in time, or too many callers wait already. Trying later helps."""
