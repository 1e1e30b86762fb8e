"""Real worker processes on the test database, killed without mercy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.db import connection

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))


class Processes:
    """Starts processes and ends every one of them."""

    def __init__(self, **environment: str) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "JOB_LEASE": "2",
            "JOB_POLL": "0.1",
            "SCHEDULER_INTERVAL": "0.3",
            **environment,
        }
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = self._popen(arguments, stdout=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def call(self, *arguments: str) -> str:
        with self._popen(arguments, stdout=subprocess.PIPE) as process:
            out, _err = process.communicate(timeout=60)
            assert process.returncode == 0
            return out.strip()

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()

    def _popen(self, arguments: tuple[str, ...], stdout: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.common.jobs.worker", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=stdout,
            text=True,
        )


def database_url() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    login = f"{quote(config['USER'], safe='')}:{quote(config['PASSWORD'], safe='')}"
    place = f"{quote(config['HOST'], safe='')}:{config['PORT'] or 5432}"
    return f"postgres://{login}@{place}/{config['NAME']}"


def kill(process: Any) -> None:
    os.kill(process if isinstance(process, int) else process.pid, signal.SIGKILL)
    if not isinstance(process, int):
        process.wait()


def wait_for(condition: Callable[[], Any], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
