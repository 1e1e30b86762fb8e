"""Who may use how many of the query children at once, so that nobody keeps all of them busy.

A turn names its holders, from the narrowest (``user:5``) to the widest (``organization:2``). One
user leaves at least two children to others, one organisation at least one, where there are that
many.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

WAIT_SECONDS = 60.0
_LOOK = 0.25


class NoTurn(Exception):
    """Waited too long: the holder's own queries keep its children busy."""


class Turns:
    """Counts the turns taken. ``size`` is the number of children."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def take(
        self, holders: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> Iterator[None]:
        """Hold a child for the block; raises ``NoTurn`` after ``WAIT_SECONDS``.

        A wait that is no longer wanted (``cancelled``) goes on at once: the pool then refuses.
        """
        with self._changed:
            end = time.monotonic() + WAIT_SECONDS
            while not self._free(holders) and not (cancelled and cancelled()):
                if (left := end - time.monotonic()) <= 0:
                    raise NoTurn
                self._changed.wait(min(left, _LOOK))
            self._taken.update(holders)
        try:
            yield
        finally:
            with self._changed:
                self._taken.subtract(holders)
                self._taken += Counter()  # forget who holds none
                self._changed.notify_all()

    def _free(self, holders: Sequence[str]) -> bool:
        widest = len(holders) - 1
        return all(
            self._taken[holder] < max(1, self._size - (1 if at == widest else 2))
            for at, holder in enumerate(holders)
        )
