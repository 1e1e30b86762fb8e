"""Length-prefixed JSON over pipes. Never pickle: a child's answer is data, not code."""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Callable
from typing import Any

HEADER = struct.Struct("!I")
MAX_FRAME = 256 * 2**20
CHUNK = 2**16


class FrameTooLarge(ValueError):
    """A message is longer than its channel carries."""


def encode(message: Any, limit: int = MAX_FRAME) -> bytes:
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    if len(body) > limit:
        raise FrameTooLarge(
            f"The answer has {len(body):,} bytes; at most {limit:,} can be passed on."
        )
    return HEADER.pack(len(body)) + body


def decode(body: bytes | bytearray) -> Any:
    return json.loads(bytes(body).decode("utf-8", "surrogatepass"))


def write_blocking(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read_blocking(fd: int) -> Any | None:
    """The next message, or None when the other side has gone."""
    header = _read_exactly(fd, HEADER.size)
    if header is None:
        return None
    body = _read_exactly(fd, HEADER.unpack(header)[0])
    return None if body is None else decode(body)


def _read_exactly(fd: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        chunk = os.read(fd, min(size - len(parts), 2**20))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)


class Channel:
    """The parent's end: non-blocking, so that ``tick`` runs while either side is slow.

    ``tick()`` is called at least every ``interval`` seconds and raises to give up.
    """

    def __init__(self, read_fd: int, write_fd: int, *, limit: int = MAX_FRAME) -> None:
        self.read_fd = read_fd
        self.write_fd = write_fd
        self.limit = limit
        self.interval = 0.1
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)

    def send(self, message: Any, tick: Callable[[], None]) -> None:
        """Raises ``BrokenPipeError`` when the child has gone."""
        view = memoryview(encode(message))
        while view:
            self._wait(self.write_fd, select.POLLOUT, tick)
            try:
                view = view[os.write(self.write_fd, view[:CHUNK]) :]
            except BlockingIOError:
                continue

    def receive(self, tick: Callable[[], None]) -> Any:
        """Raises ``EOFError`` when the child has gone, ``FrameTooLarge`` when it overdoes it."""
        size = HEADER.unpack(self._read(HEADER.size, tick))[0]
        if size > self.limit + CHUNK:
            raise FrameTooLarge(f"The answer has {size:,} bytes; at most {self.limit:,} are taken.")
        return decode(self._read(size, tick))

    def _read(self, size: int, tick: Callable[[], None]) -> bytearray:
        parts = bytearray()
        while len(parts) < size:
            self._wait(self.read_fd, select.POLLIN, tick)
            try:
                chunk = os.read(self.read_fd, min(size - len(parts), 2**20))
            except BlockingIOError:
                continue
            if not chunk:
                raise EOFError
            parts += chunk
        return parts

    def _wait(self, fd: int, event: int, tick: Callable[[], None]) -> None:
        poller = select.poll()
        poller.register(fd, event)
        tick()
        while not poller.poll(self.interval * 1000):
            tick()


def deadline_in(seconds: float) -> float:
    return time.monotonic() + seconds
