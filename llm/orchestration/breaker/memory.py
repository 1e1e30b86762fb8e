"""Circuits of one process, for callers on any thread and any event loop of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence

from llm.orchestration.breaker.circuit import Circuit, Grant, Refusal, Rules, View


class MemoryStore:
    """Nothing here waits, so that a plain lock serves threads and loops alike."""

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.rules = rules or Rules()
        self._clock, self._chance = clock, chance
        self._circuits: dict[str, Circuit] = {}
        self._lock = threading.Lock()

    async def enter(self, key: str, token: str) -> Grant | Refusal:
        with self._lock:
            return self._of(key).enter(key, token, self._clock(), self.rules)

    async def success(self, grant: Grant) -> Grant:
        with self._lock:
            circuit = self._of(grant.key)
            closed = circuit.succeed(grant)
            # The probe goes on as an ordinary call of the new generation: it may still break off.
            return Grant(grant.key, grant.token, circuit.generation) if closed else grant

    async def failure(self, grant: Grant, reason: str) -> None:
        factor = self.rules.factor(self._chance())
        with self._lock:
            circuit = self._circuits.setdefault(grant.key, Circuit())
            circuit.fail(grant, reason, self._clock(), self.rules, factor)

    async def release(self, grant: Grant) -> None:
        with self._lock:
            self._of(grant.key).release(grant)

    async def states(self, keys: Sequence[str]) -> list[View]:
        with self._lock:
            now = self._clock()
            return [self._of(key).view(now, self.rules) for key in keys]

    async def reset(self, key: str) -> None:
        with self._lock:
            self._of(key).close()

    async def close(self) -> None:
        """Nothing is held open."""

    def _of(self, key: str) -> Circuit:
        """Only failures make a circuit worth keeping: keys that never failed take no memory."""
        return self._circuits.get(key) or Circuit()
