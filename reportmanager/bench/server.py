"""A server of its own for the measurement, and its memory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60.0
UNLIMITED = "100000000/second"


@dataclass(frozen=True, slots=True)
class Server:
    """``manage.py serve`` on a free port, with a data directory of its own."""

    pid: int
    port: int
    environment: dict[str, str]

    def seed(self, *arguments: str) -> Any:
        """Run ``reportmanager.bench.seed`` on the server's database; its answer."""
        return self.run("reportmanager.bench.seed", *arguments)

    def run(self, module: str, *arguments: str) -> Any:
        """Run a module in a process of its own on the server's database; what it says as JSON."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    def memory(self) -> dict[str, float]:
        """Megabytes of the server and of its children, shared pages counted once."""
        return {
            "server": _megabytes(self.pid),
            "children": sum(_megabytes(pid) for pid in _descendants(self.pid)),
        }


@contextmanager
def served(directory: Path) -> Iterator[Server]:
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    environment = {
        **kept,
        "RM_DATA_DIR": str(directory / "data"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "RATE_LIMITS": UNLIMITED,
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "reportmanager.settings",
    }
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(process, log)
        yield Server(process.pid, port, environment)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_OURS = {"DATABASE_URL", "REDIS_URL", "RM_MODE", "WEB_CONCURRENCY", "RM_DATA_DIR"}


def _await(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"Listening on" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start:\n{log.read_text()}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def _descendants(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            yield int(child)
            yield from _descendants(int(child))
