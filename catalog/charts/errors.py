"""What can go wrong with a chart; every ``str()`` is a sentence for people."""

from __future__ import annotations


class ChartError(Exception):
    """The chart does not fit its result; ``str()`` is a sentence for people."""

    def __init__(self, message: str, *, hint: str = "", code: str = "CHART_INVALID") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def to_data(self) -> dict[str, str]:
        return {"message": self.message, "hint": self.hint, "code": self.code}


class ChartRenderError(Exception):
    """The picture could not be made; ``str()`` is a sentence for people."""

    def __init__(self, message: str, *, code: str = "CHART_RENDER_FAILED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def to_data(self) -> dict[str, str]:
        return {"message": self.message, "code": self.code}
