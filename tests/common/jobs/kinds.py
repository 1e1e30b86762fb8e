"""Job kinds for the tests: they leave a line in a file for everything they do."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from common.jobs import JobContext, JobFailed, JobRetry, job, register


def note(path: str, text: str) -> None:
    """Append one line; small appends are atomic."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def lines(path: Path) -> list[str]:
    return path.read_text().split("\n")[:-1] if path.exists() else []


def left_behind(job_row: Any, error: dict[str, Any]) -> None:
    if path := job_row.payload.get("path"):
        note(path, f"compensated {job_row.status} {error['code']}")


@job("tests.steps", title="Count in steps", on_failure=left_behind, max_attempts=5)
def steps(ctx: JobContext, *, path: str, count: int, seconds: float = 0.0) -> dict[str, Any]:
    note(path, f"begin {os.getpid()}")
    for number in range(count):
        ctx.step(f"step-{number}", lambda number=number: one_step(path, number, seconds))
        ctx.progress(done=number + 1, total=count, note=f"step {number}")
    note(path, "end")
    return {"count": count, "url": "/reports/1/"}


def one_step(path: str, number: int, seconds: float) -> int:
    note(path, f"start {number}")
    time.sleep(seconds)
    note(path, f"finish {number}")
    return number


@job("tests.once", title="Only once", retry="never", on_failure=left_behind)
def once(ctx: JobContext, *, path: str, seconds: float = 0.0) -> None:
    note(path, f"begin {os.getpid()}")
    time.sleep(seconds)
    note(path, "end")


@job("tests.patient", title="Wait to be stopped", on_failure=left_behind)
def patient(ctx: JobContext, *, path: str, seconds: float = 60.0) -> None:
    note(path, f"begin {os.getpid()}")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ctx.check()
        time.sleep(0.02)


register("tests.fetch", steps, title="Fetch in steps", max_attempts=5, lane="transfer")
register("tests.patient_fetch", patient, title="Fetch until it is stopped", lane="transfer")


@job("tests.stubborn", title="Will not be stopped")
def stubborn(ctx: JobContext, *, path: str, seconds: float = 60.0) -> None:
    note(path, f"begin {os.getpid()}")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(Exception):
            time.sleep(0.1)


@job("tests.refuse", title="Refuse", on_failure=left_behind)
def refuse(ctx: JobContext, **_: Any) -> None:
    raise JobFailed("The file has no rows.", code="FILE_REFUSED")


@job("tests.stumble", title="Stumble", on_failure=left_behind)
def stumble(ctx: JobContext, **_: Any) -> None:
    raise ZeroDivisionError("secret detail of /etc/passwd")


@job("tests.later", title="Later", max_attempts=2)
def later(ctx: JobContext, *, seconds: float = 60.0) -> None:
    raise JobRetry("The server does not answer.", seconds=seconds)
