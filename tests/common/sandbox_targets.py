"""What the sandbox tests call inside the children."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from common.sandbox.child import report

_state: dict[str, int] = {"calls": 0}


class Refusal(Exception):
    def to_data(self) -> dict[str, Any]:
        return {"hint": "Try less.", "code": "NO"}


def echo(**values: Any) -> dict[str, Any]:
    return values


def identity() -> dict[str, int]:
    _state["calls"] += 1
    return {"pid": os.getpid(), "calls": _state["calls"]}


def refuse() -> None:
    raise Refusal("That is too much.")


def leave() -> None:
    sys.exit(3)


def vanish() -> None:
    os._exit(7)


def unserialisable() -> object:
    return object()


def spin() -> None:
    while True:
        pass


def nap(seconds: float, mark: str = "") -> int:
    if mark:
        Path(mark).write_text(str(os.getpid()))
    time.sleep(seconds)
    return os.getpid()


def devour() -> int:
    hoard = []
    while True:
        hoard.append(bytearray(64 * 2**20))


def noise() -> str:
    print("hello " * 100_000)  # noqa: T201
    sys.stdout.flush()
    os.write(1, b"\x00\x00\x00\x05hello")
    print("grumble " * 100_000, file=sys.stderr)  # noqa: T201
    subprocess.run(["echo", "from a grandchild"], check=True)
    return "quiet"


def big(size: int) -> str:
    return "é" * size


def count(to: int) -> int:
    for done in range(to):
        report({"done": done})
    return to


def surroundings() -> dict[str, Any]:
    Path("left-over").write_text("x")
    return {
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "files": sorted(os.listdir("/proc/self/fd")),
        "session": os.getsid(0) == os.getpid(),
    }


def entries() -> list[str]:
    return os.listdir(".")


def address_space() -> int:
    return resource.getrlimit(resource.RLIMIT_AS)[0]


def read_stdin() -> str:
    return sys.stdin.read()
