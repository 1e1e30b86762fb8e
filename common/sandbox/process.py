"""One child process as the parent sees it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, cast

from common.sandbox import frames
from common.sandbox.errors import SandboxCrashed, SandboxError, SandboxMemory, SandboxTimeout

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
NO_MEMORY = ("bad_alloc", "MemoryError", "out of memory", "OutOfMemory", "Cannot allocate memory")


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. ``cpu_seconds`` is for the life of a child, not for one call."""

    memory_bytes: int | None = 1_500 * 2**20
    cpu_seconds: int | None = 1_200
    files: int = 256
    reply_limit: int = frames.MAX_FRAME


class Child:
    """Started by ``__init__``. Whoever calls may also ``kill``; other threads only ``stop``."""

    def __init__(self, name: str, limits: Limits, preload: tuple[str, ...] = ()) -> None:
        self.name = name
        self.limits = limits
        self.calls = 0
        self.cpu = 0.0
        self.affinity: str | None = None
        self.directory = tempfile.mkdtemp(prefix=f"sandbox-{name}-")
        self._lock = threading.Lock()
        self._cleaned = False
        self._errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed in kill()
        self._process = _spawner.run(lambda: self._start(preload))
        stdin = cast("IO[bytes]", self._process.stdin)
        stdout = cast("IO[bytes]", self._process.stdout)
        self._channel = frames.Channel(stdout.fileno(), stdin.fileno(), limit=limits.reply_limit)
        self._wait_until_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._cleaned and self._process.poll() is None

    @property
    def worn(self) -> bool:
        """Half of its processor time is gone: the next call might not get enough."""
        return self.limits.cpu_seconds is not None and self.cpu > self.limits.cpu_seconds / 2

    def call(
        self,
        target: str,
        arguments: dict[str, Any],
        tick: Callable[[], None],
        on_progress: Callable[[dict[str, Any]], None] | None = None,
    ) -> Any:
        self.calls += 1
        try:
            self._channel.send({"target": target, "arguments": arguments}, tick)
            while "progress" in (reply := self._channel.receive(tick)):
                if on_progress is not None:
                    on_progress(reply["progress"])
        except (EOFError, BrokenPipeError):
            raise self._reason_of_death() from None
        except (frames.FrameTooLarge, ValueError) as error:
            raise SandboxCrashed(str(error)) from None
        self.cpu = reply["cpu"]
        if "error" in reply:
            raise _error_from(reply["error"])
        return reply["result"]

    def stop(self) -> None:
        """End the process but keep our ends of the pipes: another thread is reading them."""
        with self._lock:
            if not self._cleaned:
                self._end_group()

    def kill(self) -> None:
        with self._lock:
            if self._cleaned:
                return
            self._cleaned = True
            self._end_group()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout, self._errors):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            shutil.rmtree(self.directory, ignore_errors=True)

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def forget(self) -> None:
        """After a fork: the child belongs to the other process, only our ends are closed."""
        self._cleaned = True
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def _start(self, preload: tuple[str, ...]) -> subprocess.Popen[bytes]:
        settings = {
            "parent": os.getpid(),
            "preload": preload,
            "memory_bytes": self.limits.memory_bytes,
            "cpu_seconds": self.limits.cpu_seconds,
            "files": self.limits.files,
            "reply_limit": self.limits.reply_limit,
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "common.sandbox.child", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            cwd=self.directory,
            env=environment(self.directory),
            start_new_session=True,
        )

    def _wait_until_ready(self) -> None:
        deadline = frames.deadline_in(START_SECONDS)

        def tick() -> None:
            if time.monotonic() > deadline:
                raise SandboxTimeout("The worker process did not start in time.")

        try:
            self._channel.receive(tick)
        except EOFError:
            error = self._reason_of_death()
            self.kill()
            raise error from None
        except BaseException:
            self.kill()
            raise

    def _reason_of_death(self) -> SandboxError:
        code = self._process.wait()
        detail = self._last_words()
        logger.warning("sandbox %s: child ended with %s: %s", self.name, code, detail)
        if code == -signal.SIGXCPU:
            return SandboxTimeout("The work was stopped: it used too much processor time.")
        if any(sign in detail for sign in NO_MEMORY):
            return SandboxMemory("The work was stopped: it needs more memory than is allowed.")
        if code == -signal.SIGKILL:
            return SandboxCrashed(
                "The worker process was stopped by the system, probably for want of memory.",
                detail=detail,
            )
        return SandboxCrashed(
            f"The worker process ended unexpectedly ({_name_of(code)}).", detail=detail
        )

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - 4_000))
            return self._errors.read().decode("utf-8", "replace").strip()
        return ""


def environment(directory: str) -> dict[str, str]:
    """Nothing of the parent's but where programs and time zones are: it holds secrets."""
    kept = {key: os.environ[key] for key in ("PATH", "TZ") if key in os.environ}
    return kept | {
        "LANG": "C.UTF-8",
        "HOME": directory,
        "TMPDIR": directory,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # arenas reserve address space, and that is what is limited
    }


def _error_from(error: dict[str, Any]) -> SandboxError:
    if error["memory"]:
        return SandboxMemory(
            "The work was stopped: it needs more memory than is allowed.",
            type=error["type"],
            data=error["data"],
        )
    return SandboxError(error["message"], type=error["type"], data=error["data"])


def _name_of(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"code {code}"


class _Spawner:
    """Starts children from one thread that lives as long as the process.

    Linux ties "die with the parent" to the *thread* that forked: a child started by a request's
    thread would be killed when that thread ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._queue: SimpleQueue[Any] = SimpleQueue()

    def run(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        future: Future[subprocess.Popen[bytes]] = Future()
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            self._queue.put((start, future))
        return future.result()

    def reset(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._queue = SimpleQueue()
        threading.Thread(
            target=self._loop, args=(self._queue,), name="sandbox-spawner", daemon=True
        ).start()

    @staticmethod
    def _loop(queue: SimpleQueue[Any]) -> None:
        while True:
            start, future = queue.get()
            try:
                future.set_result(start())
            except BaseException as error:  # the caller's thread raises it
                future.set_exception(error)


_spawner = _Spawner()
os.register_at_fork(after_in_child=_spawner.reset)
