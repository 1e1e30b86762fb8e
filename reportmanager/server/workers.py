"""A worker process beside this one, started again when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
PAUSE_SECONDS = 1.0


class WorkerProcess:
    """``manage.py run_worker`` as a child; it ends by itself when this process is gone."""

    def __init__(self, lane: str = "all") -> None:
        self._lane = lane
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="worker-process", daemon=True)

    def start(self) -> None:
        self._child = self._spawn()
        self._watcher.start()

    def tell_to_stop(self) -> None:
        """Returns at once: it is called by signal handlers too."""
        self._stopping.set()
        if self._child is not None:
            self._child.terminate()

    def stop(self, seconds: float) -> None:
        self.tell_to_stop()
        child = self._child
        if child is None:
            return
        try:
            child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            log.warning("the worker process did not end in time", pid=child.pid)
            child.kill()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            child = self._child
            if child is None:
                return
            code = child.wait()
            if self._stopping.wait(PAUSE_SECONDS):
                return
            log.error("the worker process ended; starting another", code=code)
            self._child = self._spawn()
            if self._stopping.is_set():  # told just now, when there was no child to tell
                self._child.terminate()

    def _spawn(self) -> subprocess.Popen[bytes]:
        manage = Path(__file__).resolve().parent.parent.parent / "manage.py"
        options = ["--lane", self._lane, "--parent", str(os.getpid())]
        return subprocess.Popen(
            [sys.executable, str(manage), "run_worker", *options], start_new_session=True
        )
