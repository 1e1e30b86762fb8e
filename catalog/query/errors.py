"""What is wrong with a query, said to the person who wrote it."""

from __future__ import annotations


class QueryError(Exception):
    """A query that cannot be run as written.

    ``message`` is a sentence, ``hint`` says what to try and ``path`` names the place in the
    query (``filters[0].values[1]``), so that a form can put the sentence next to its field.
    """

    code = "QUERY_REFUSED"

    def __init__(self, message: str, hint: str = "", path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path

    def to_data(self) -> dict[str, str]:
        return {"message": self.message, "hint": self.hint, "path": self.path, "code": self.code}
