"""Breakers for tests: one in memory, one in Redis, and a clock for both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from llm.orchestration.breaker import Breaker, Rules
from llm.orchestration.breaker.memory import MemoryStore
from llm.orchestration.breaker.redis import PREFIX, RedisStore
from llm.orchestration.redis_thread import RedisThread
from tests.llm.orchestration.limits.redis_server import RedisServer

KEY = "ollama:llama3"


@dataclass
class Bench:
    """``pass_time`` lets seconds pass; ``chance`` is what the jitter is drawn from."""

    breaker: Breaker
    pass_time: Callable[[float], None]
    chance: list[float]
    in_redis: bool


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += seconds


def in_memory(rules: Rules | None = None) -> Bench:
    clock, chance = Clock(), [0.5]
    store = MemoryStore(rules, clock=clock, chance=lambda: chance[0])
    return Bench(Breaker(store), clock.pass_time, chance, False)


def in_redis(server: RedisServer, rules: Rules | None = None) -> Bench:
    """Redis has its own clock: instead of the time, what was noted is moved, to the past."""
    chance = [0.5]
    store = RedisStore(RedisThread(server.url), rules, chance=lambda: chance[0])

    def pass_time(seconds: float) -> None:
        for name in server.client.keys(PREFIX + "*"):
            circuit = json.loads(server.client.get(name))
            for field in ("since", "retry_at", "probe_ends"):
                circuit[field] -= seconds
            failures = circuit["failures"] or {}
            circuit["failures"] = {token: at - seconds for token, at in failures.items()}
            server.client.set(name, json.dumps(circuit), keepttl=True)

    return Bench(Breaker(store), pass_time, chance, True)
