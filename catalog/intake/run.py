"""Runs the intake in sandbox children; the only way the product reads foreign files."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalog.intake.errors import IntakeError
from common.sandbox import (
    Pool,
    SandboxBusy,
    SandboxCancelled,
    SandboxCrashed,
    SandboxError,
    SandboxMemory,
    SandboxTimeout,
)

MEMORY_BYTES = 3 * 2**30  # address space: a wide file reserves much of it and uses little
INSPECT_SECONDS = 60.0
CONVERT_SECONDS = 600.0


@lru_cache(maxsize=1)
def _pool() -> Pool:
    return Pool(name="intake", size=2, memory_bytes=MEMORY_BYTES, recycle_after=50)


def inspect_file(path: Path, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the file holds, read with ``options``; see ``catalog.intake.worker.inspect``."""
    arguments = {"path": str(path), "name": name, "options": options}
    return _call("inspect", arguments, INSPECT_SECONDS)


def convert_file(
    path: Path,
    name: str,
    options: dict[str, Any],
    out: Path,
    *,
    cancelled: Callable[[], bool] | None = None,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Write ``out`` as Parquet; leaves no file behind when it fails."""
    out.parent.mkdir(parents=True, exist_ok=True)
    arguments = {"path": str(path), "name": name, "options": options, "out": str(out)}
    try:
        return _call(
            "convert", arguments, CONVERT_SECONDS, cancelled=cancelled, on_progress=on_progress
        )
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _call(function: str, arguments: dict[str, Any], seconds: float, **hooks: Any) -> dict[str, Any]:
    try:
        result: dict[str, Any] = _pool().call(
            f"catalog.intake.worker:{function}", arguments, timeout=seconds, **hooks
        )
    except SandboxCancelled:
        raise
    except SandboxTimeout:
        raise IntakeError(
            f"Reading the file took longer than {seconds:.0f} seconds.",
            "Split it into smaller files, or save it as CSV.",
            "FILE_TOO_SLOW",
        ) from None
    except SandboxMemory:
        raise IntakeError(
            "Reading the file needed more memory than is allowed.",
            "Save it as CSV, or split it into smaller files.",
            "FILE_TOO_LARGE",
        ) from None
    except SandboxBusy:
        raise IntakeError(
            "Too many files are being read at the moment.",
            "Try again in a minute.",
            "INTAKE_BUSY",
        ) from None
    except SandboxCrashed as error:
        hint = "Try again, or save the file as CSV."
        raise IntakeError(str(error), hint, "INTAKE_CRASHED") from None
    except SandboxError as error:
        if error.type != "IntakeError":
            raise
        data = error.data
        raise IntakeError(error.message, data.get("hint", ""), data.get("code", "")) from None
    return result
