"""The repair report: what was found, what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from catalog.intake import limits

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    severity: Severity
    message: str
    where: str = ""


@dataclass(slots=True)
class Report:
    findings: list[Finding] = field(default_factory=list)

    def info(self, code: str, message: str, where: str = "") -> None:
        self.findings.append(Finding(code, "info", message, where))

    def warn(self, code: str, message: str, where: str = "") -> None:
        self.findings.append(Finding(code, "warning", message, where))

    def to_data(self) -> dict[str, Any]:
        return {"findings": [asdict(finding) for finding in self.findings]}

    @property
    def warnings(self) -> list[str]:
        return [f.message for f in self.findings if f.severity != "info"]


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 cell``, ``12,000 cells``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[object], total: int, noun: str = "row") -> str:
    """``row 7``, ``rows 7, 9``, ``rows 17, 204, 9001 …``: the first few of ``total``."""
    shown = ", ".join(str(item) for item in items[: limits.ROWS_NAMED])
    more = " …" if total > min(len(items), limits.ROWS_NAMED) else ""
    return f"{noun if total == 1 else noun + 's'} {shown}{more}"
