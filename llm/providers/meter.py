"""The progress of a pull added up: bytes of all layers, rate, time left. Pure; the clock is given.

A server reports every layer by its digest, one after the other or mixed, and may go back
(facts 3.14).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from llm.providers.base import PullProgress
from llm.providers.bounds import LARGEST
from llm.providers.failures import clean

SMOOTHING_SECONDS = 5.0
"""How long the past weighs in the rate."""
SHORTEST_SAMPLE = 0.25
SLOWEST = 0.01
"""Bytes per second; a rate that has died away further is zero."""
MOST_LAYERS = 1000
"""Models have about ten; what comes after so many is not counted."""

WORDS = {
    "pulling manifest": "Reading what belongs to the model",
    "verifying sha256 digest": "Checking what was downloaded",
    "writing manifest": "Finishing",
    "removing unused layers": "Removing parts that are no longer used",
    "success": "Done",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of a model; ``completed`` of ``total`` bytes are here."""

    digest: str
    total: int = 0
    completed: int = 0


class PullMeter:
    """Feed it every line of a pull in turn.

    ``rate`` is smoothed bytes per second, None until it is known and while nothing is downloaded.
    What a resumed pull finds already here counts as completed, but not into the rate.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.status = ""
        self._clock = clock
        self._layers: dict[str, Layer] = {}
        self._rate: float | None = None
        self._sampled_at: float | None = None
        self._fresh = 0

    def feed(self, progress: PullProgress) -> None:
        self.status = progress.status
        if progress.digest:
            self._fresh += self._update(progress)
            self._sample()

    @property
    def layers(self) -> list[Layer]:
        """In the order in which they were first named."""
        return list(self._layers.values())

    @property
    def total(self) -> int:
        """Bytes of the layers named so far: it grows while a server goes through them."""
        return min(LARGEST, sum(layer.total for layer in self._layers.values()))

    @property
    def completed(self) -> int:
        return min(LARGEST, sum(layer.completed for layer in self._layers.values()))

    @property
    def done(self) -> bool:
        return self.status == "success"

    @property
    def downloading(self) -> bool:
        return self.status.startswith("pulling ") and self.status not in WORDS

    @property
    def rate(self) -> float | None:
        return self._rate if self.downloading else None

    @property
    def seconds_left(self) -> float | None:
        """For the layers named so far; None while there is no rate to reckon with."""
        return (self.total - self.completed) / self.rate if self.rate else None

    @property
    def words(self) -> str:
        """The present step, for people; a step that is not known in the server's own words."""
        return "Downloading" if self.downloading else WORDS.get(self.status, clean(self.status, 80))

    def _update(self, progress: PullProgress) -> int:
        """Bytes that came since this layer's last line; none for its first ones, which may have
        been here before."""
        if progress.digest not in self._layers and len(self._layers) >= MOST_LAYERS:
            return 0
        before = self._layers.get(progress.digest, Layer(progress.digest))
        total = progress.total or before.total
        completed = min(progress.completed, total) if total else progress.completed
        self._layers[progress.digest] = Layer(progress.digest, total, completed)
        return max(0, completed - before.completed) if before.completed else 0

    def _sample(self) -> None:
        now = self._clock()
        if self._sampled_at is None:
            self._sampled_at = now
        elapsed = now - self._sampled_at
        if elapsed < SHORTEST_SAMPLE:
            return
        current = self._fresh / elapsed
        weight = 1 - math.exp(-elapsed / SMOOTHING_SECONDS)
        rate = current if self._rate is None else self._rate + weight * (current - self._rate)
        self._rate = rate if rate >= SLOWEST else 0.0
        self._sampled_at, self._fresh = now, 0
