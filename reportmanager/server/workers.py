"""A worker process beside the web server, started again when it dies."""

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

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="worker-process", daemon=True)

    def start(self) -> None:
        self._child = self._spawn()
        self._watcher.start()

    def stop(self, seconds: float) -> None:
        self._stopping.set()
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
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

    def _spawn(self) -> subprocess.Popen[bytes]:
        manage = Path(__file__).resolve().parent.parent.parent / "manage.py"
        command = [sys.executable, str(manage), "run_worker", "--parent", str(os.getpid())]
        return subprocess.Popen(command, start_new_session=True)
