"""The inside of a sandbox child: ``python -m common.sandbox.child '<json limits>'``.

Reads calls from standard input, answers on a private copy of standard output. What the called code
prints goes nowhere, so it cannot break the protocol.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import re
import resource
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from common.sandbox import frames

TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
PR_SET_PDEATHSIG = 1
MEMORY_ERRORS = {"OutOfMemoryException", "OutOfMemoryError"}

_answers: int | None = None
_limit = frames.MAX_FRAME
_lock = threading.Lock()


def report(progress: dict[str, Any]) -> None:
    """Tell the caller's ``on_progress``. Outside a sandbox child this does nothing."""
    if _answers is not None:
        _answer(frames.encode({"progress": progress}))


def main(argument: str) -> None:
    global _answers, _limit
    settings: dict[str, Any] = json.loads(argument)
    _limit = settings["reply_limit"]
    _die_with(settings["parent"])
    requests, _answers = _take_over_pipes()
    limit_resources(settings)
    for module in settings["preload"]:
        importlib.import_module(module)
    _answer(frames.encode({"ready": True}))
    while (request := frames.read_blocking(requests)) is not None:
        _answer(_run(request))
        _empty_directory(Path.cwd())


def limit_resources(settings: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: settings["files"],
        resource.RLIMIT_CPU: settings["cpu_seconds"],
        resource.RLIMIT_AS: settings["memory_bytes"],
    }
    for kind, value in limits.items():
        if value is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # At the soft limit of processor time comes SIGXCPU, which the parent can tell from others.
        ceiling = value + 5 if kind == resource.RLIMIT_CPU else value
        resource.setrlimit(kind, (value, ceiling if hard == resource.RLIM_INFINITY else hard))


def _die_with(parent: int) -> None:
    """Ask Linux to kill us with the thread that started us; elsewhere the closed pipe ends us."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def _take_over_pipes() -> tuple[int, int]:
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, answers


def _run(request: dict[str, Any]) -> bytes:
    try:
        result = _function(request["target"])(**request["arguments"])
        return frames.encode({"result": result, "cpu": time.process_time()}, _limit)
    except BaseException as error:  # the edge: all that goes wrong becomes an answer
        return frames.encode({"error": describe(error), "cpu": time.process_time()})


def _function(target: str) -> Any:
    if not TARGET.fullmatch(target):
        raise ValueError(f"“{target}” is not of the form module:function.")
    module, name = target.split(":")
    return getattr(importlib.import_module(module), name)


def describe(error: BaseException) -> dict[str, Any]:
    to_data = getattr(error, "to_data", None)
    name = type(error).__name__
    return {
        "type": name,
        "message": str(error) or name,
        "data": json.loads(json.dumps(to_data(), default=str)) if callable(to_data) else {},
        "memory": isinstance(error, MemoryError) or name in MEMORY_ERRORS,
    }


def _answer(message: bytes) -> None:
    if _answers is None:
        raise RuntimeError("There is nobody to answer.")
    with _lock:
        frames.write_blocking(_answers, message)


def _empty_directory(directory: Path) -> None:
    """The next call may belong to somebody else."""
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


if __name__ == "__main__":
    # Run the imported twin: called code that imports this module must meet the same state.
    from common.sandbox import child

    child.main(sys.argv[1])
