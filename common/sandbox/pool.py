"""A bounded pool of warm child processes."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from common.sandbox.errors import SandboxBusy, SandboxCancelled, SandboxError, SandboxTimeout
from common.sandbox.frames import MAX_FRAME
from common.sandbox.process import Child, Limits

QUEUE_TICK = 0.1
CANCEL_TICK = 0.2

_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


class Pool:
    """Children are started when first needed and reused. Safe for any number of threads.

    ``memory_bytes`` limits the address space (None: no limit, as V8 needs). A caller waits at most
    ``queue_seconds`` for a free child, and at most ``queue_limit`` callers wait at once; beyond
    that ``SandboxBusy``. ``preload`` names modules to import at the start of a child.
    """

    def __init__(
        self,
        name: str,
        *,
        size: int = 2,
        memory_bytes: int | None = 1_500 * 2**20,
        cpu_seconds: int | None = 1_200,
        recycle_after: int = 200,
        queue_limit: int = 64,
        queue_seconds: float = 60.0,
        reply_limit: int = MAX_FRAME,
        preload: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.size = size
        self.recycle_after = recycle_after
        self.queue_limit = queue_limit
        self.queue_seconds = queue_seconds
        self.preload = tuple(preload)
        self.limits = Limits(
            memory_bytes=memory_bytes, cpu_seconds=cpu_seconds, reply_limit=reply_limit
        )
        self._closed = False
        self._idle: list[Child] = []  # least recently used first
        self._busy: set[Child] = set()
        self._reset()
        _pools.add(self)

    def call(
        self,
        target: str,
        arguments: dict[str, Any] | None = None,
        *,
        timeout: float = 60.0,
        cancelled: Callable[[], bool] | None = None,
        on_progress: Callable[[dict[str, Any]], None] | None = None,
        affinity: str | None = None,
    ) -> Any:
        """Run ``module:function(**arguments)`` in a child and return its JSON value.

        ``timeout`` counts from when a child takes the call. ``cancelled`` is asked several times a
        second; it may also raise, which cancels and passes through. ``affinity``: prefer the child
        that last served this key, for what it keeps in memory.
        """
        child = self._acquire(affinity, cancelled)
        try:
            tick = self._ticker(timeout, cancelled)
            result = child.call(target, arguments or {}, tick, on_progress)
        except SandboxError as error:
            if type(error) is not SandboxError:  # all but an exception of the called function
                child.kill()
            raise self._closed_error() if self._closed else error from None
        except BaseException:
            child.kill()
            raise
        finally:
            self._release(child, affinity)
        return result

    def close(self) -> None:
        """Kill all children; running and waiting calls raise ``SandboxCancelled``."""
        with self._condition:
            self._closed = True
            idle, busy = self._idle, list(self._busy)
            self._idle = []
            self._condition.notify_all()
        for child in idle:
            child.kill()
        for child in busy:  # the calling threads clean up
            child.stop()

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._idle = []
        self._busy = set()
        self._starting = 0
        self._waiting = 0

    def _after_fork(self) -> None:
        for child in [*self._idle, *self._busy]:
            child.forget()
        self._reset()

    def _acquire(self, affinity: str | None, cancelled: Callable[[], bool] | None) -> Child:
        with self._condition:
            child = self._take(affinity, cancelled)
            if child is not None:
                return child
        try:
            child = Child(self.name, self.limits, self.preload)
        finally:
            with self._condition:
                self._starting -= 1
                self._condition.notify()
        with self._condition:
            self._busy.add(child)
            closed = self._closed
        if closed:
            self._release(child, None)
            raise self._closed_error()
        return child

    def _take(self, affinity: str | None, cancelled: Callable[[], bool] | None) -> Child | None:
        """An idle child, marked busy; or None with a place reserved for a new one."""
        deadline = time.monotonic() + self.queue_seconds
        if self._full and self._waiting >= self.queue_limit:
            raise SandboxBusy("Too much work is waiting already. Try again in a minute.")
        self._waiting += 1
        try:
            while True:
                if self._closed:
                    raise self._closed_error()
                child = self._pick(affinity)
                if child is not None:
                    self._busy.add(child)
                    return child
                if len(self._busy) + self._starting < self.size:
                    self._starting += 1
                    return None
                if cancelled is not None and cancelled():
                    raise SandboxCancelled("The work was cancelled before it started.")
                if time.monotonic() > deadline:
                    raise SandboxBusy("All workers are busy. Try again in a minute.")
                self._condition.wait(QUEUE_TICK)
        finally:
            self._waiting -= 1

    @property
    def _full(self) -> bool:
        return not self._idle and len(self._busy) + self._starting >= self.size

    def _pick(self, affinity: str | None) -> Child | None:
        for child in [child for child in self._idle if not child.alive]:
            self._idle.remove(child)
            child.kill()
        match = next((c for c in self._idle if affinity and c.affinity == affinity), None)
        room = len(self._idle) + len(self._busy) + self._starting < self.size
        if match is None and self._idle and not (affinity and room):
            match = self._idle[0]
        if match is not None:
            self._idle.remove(match)
        return match

    def _release(self, child: Child, affinity: str | None) -> None:
        spent = child.worn or child.calls >= self.recycle_after or self._closed
        if spent:
            child.kill()
        alive = child.alive
        if not alive:
            child.kill()
        with self._condition:
            self._busy.discard(child)
            if alive:
                child.affinity = affinity
                self._idle.append(child)
            self._condition.notify()

    def _ticker(self, timeout: float, cancelled: Callable[[], bool] | None) -> Callable[[], None]:
        deadline = time.monotonic() + timeout
        asked = 0.0

        def tick() -> None:
            nonlocal asked
            now = time.monotonic()
            if self._closed:
                raise self._closed_error()
            if now > deadline:
                raise SandboxTimeout(f"The work was stopped: it took longer than {timeout:g} s.")
            if cancelled is not None and now - asked >= CANCEL_TICK:
                asked = now
                if cancelled():
                    raise SandboxCancelled("The work was cancelled.")

        return tick

    @staticmethod
    def _closed_error() -> SandboxCancelled:
        return SandboxCancelled("The work was stopped because the server is shutting down.")


def _close_all() -> None:
    for pool in list(_pools):
        pool.close()


def _forget_all() -> None:
    for pool in list(_pools):
        pool._after_fork()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
