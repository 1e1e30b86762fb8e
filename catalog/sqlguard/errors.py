"""Why SQL was refused, in a sentence."""

from __future__ import annotations


class SqlRefused(Exception):
    """``message`` names the reason, ``hint`` what to write instead."""

    code = "QUERY_REFUSED"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def to_data(self) -> dict[str, str]:
        return {"message": self.message, "hint": self.hint, "code": self.code}
