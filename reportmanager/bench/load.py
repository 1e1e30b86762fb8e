"""A small HTTP client: single requests timed, and many clients at once.

``http.client`` because it is light: client and server share the cores.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

WARM = 3  # runs that do not count


@dataclass
class Browser:
    """One kept-alive connection of somebody who is logged in."""

    port: int
    cookie: str
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> bytes:
        headers = {"Cookie": self.cookie, **self.headers}
        self._connection.request("GET", path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}: {body[:200]!r}")
        return body

    def upload(self, path: str, file: Path, token: str) -> bytes:
        """``file`` as a form's upload; the body is read from disk, so it is sent as it goes."""
        mark = "bench-7MA4YWxkTrZu0gW"
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        ).encode()
        body = head + file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}",
            "Authorization": f"Bearer {token}",
        }
        self._connection.request("POST", path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 201:
            raise RuntimeError(f"{path} answered {response.status}: {answer[:200]!r}")
        return answer


def milliseconds(deeds: Mapping[str, Callable[[], object]], times: int) -> dict[str, float]:
    """The median of each deed. They take turns, so that a busy machine slows all of them alike."""
    measured: dict[str, list[float]] = {name: [] for name in deeds}
    for number in range(times + WARM):
        for name, deed in deeds.items():
            begun = time.perf_counter()
            deed()
            if number >= WARM:
                measured[name].append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(values) for name, values in measured.items()}


def per_second(deeds: Sequence[Callable[[], object]], seconds: float) -> float:
    """How often the deeds, each in a thread of its own, were done in ``seconds``."""
    counts, failures = [0] * len(deeds), []
    ready, end = threading.Barrier(len(deeds) + 1), threading.Event()

    def work(number: int) -> None:
        ready.wait()
        try:
            while not end.is_set():
                deeds[number]()
                counts[number] += 1
        except Exception as error:  # shown by the caller
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    end.wait(seconds)
    end.set()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    if failures:
        raise failures[0]
    return sum(counts) / elapsed
