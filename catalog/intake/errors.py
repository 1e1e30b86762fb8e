"""Why a file cannot be taken in: what, where, and what to do."""

from __future__ import annotations

from typing import Any


class IntakeError(Exception):
    """``message`` says what and where, ``hint`` what to do, ``code`` is for programs."""

    def __init__(self, message: str, hint: str = "", code: str = "FILE_UNREADABLE") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def to_data(self) -> dict[str, Any]:
        return {"message": self.message, "hint": self.hint, "code": self.code}
