"""What was measured, and how it is shown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` in ``unit``; ``wanted`` is the goal in words, ``met`` whether it was reached."""

    name: str
    value: float
    unit: str
    wanted: str = ""
    met: bool | None = None
    note: str = ""


def table(figures: Iterable[Figure]) -> str:
    """A Markdown table."""
    lines = ["| What | Measured | Goal | Note |", "|---|--:|---|---|"]
    for figure in figures:
        verdict = {True: " ✓", False: " ✗", None: ""}[figure.met]
        shown = f"{_rounded(figure.value)} {figure.unit}".strip()
        lines.append(f"| {figure.name} | {shown} | {figure.wanted}{verdict} | {figure.note} |")
    return "\n".join(lines)


def as_json(figures: Iterable[Figure]) -> dict[str, Any]:
    return {"machine": machine(), "figures": [asdict(figure) for figure in figures]}


def machine() -> str:
    """One line about where this ran."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cores} cores ({_processor()}), {memory:.0f} GiB, "
        f"Python {platform.python_version()}, {platform.system()}, "
        f"load average {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _rounded(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"
