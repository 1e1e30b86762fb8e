"""Circuits that all processes with the same Redis share; each step is one atomic script."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from llm.orchestration.breaker.circuit import Grant, Refusal, Rules, View
from llm.orchestration.breaker.memory import MemoryStore
from llm.orchestration.redis_thread import RedisAway, RedisThread

SCRIPT = Path(__file__).with_name("redis.lua").read_text()
PREFIX = "llm:breaker:"
# Longer than any call lasts; afterwards a circuit that nobody touched is forgotten.
KEEP_SECONDS = 3600


class RedisStore:
    """While Redis is away every process has circuits of its own: no call fails for that."""

    def __init__(
        self,
        redis: RedisThread,
        rules: Rules | None = None,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.rules = rules or Rules()
        self._redis, self._chance = redis, chance
        self._local = MemoryStore(self.rules, chance=chance)
        keep = int(KEEP_SECONDS + self.rules.longest_pause + self.rules.probe_lease)
        self._rules = json.dumps({**asdict(self.rules), "keep": keep})

    async def enter(self, key: str, token: str) -> Grant | Refusal:
        entering = self._redis.submit(self._do("enter", [key], token=token))
        try:
            answer = await self._redis.wait(entering)
        except RedisAway:
            local = await self._local.enter(key, token)
            return replace(local, local=True) if isinstance(local, Grant) else local
        except BaseException:
            # Cancelled: the answer on its way may be a probe's permit.
            self._redis.submit(self._undo(entering, key, token))
            raise
        if answer.pop("granted"):
            return Grant(key, token, **answer)
        return Refusal(**answer)

    async def success(self, grant: Grant) -> Grant:
        if grant.local:
            return replace(await self._local.success(grant), local=True)
        try:
            answer = await self._report("success", grant)
        except RedisAway:
            return grant  # The probe's lease will end.
        closed = Grant(grant.key, grant.token, answer["generation"])
        return closed if answer["closed"] else grant

    async def failure(self, grant: Grant, reason: str) -> None:
        if not grant.local:
            factor = self.rules.factor(self._chance())
            try:
                await self._report("failure", grant, reason=reason, factor=factor)
                return
            except RedisAway:
                # It happened now, so that it counts among what this process sees alone.
                local = await self._local.enter(grant.key, grant.token)
                if isinstance(local, Refusal):
                    return
                grant = local
        await self._local.failure(grant, reason)

    async def release(self, grant: Grant) -> None:
        if grant.local:
            await self._local.release(grant)
            return
        try:
            await self._report("release", grant)
        except RedisAway:
            return  # The probe's lease will end.

    async def states(self, keys: Sequence[str]) -> list[View]:
        try:
            answers = await self._redis.run(self._do("states", keys))
        except RedisAway:
            return await self._local.states(keys)
        return [View(**answer) for answer in answers]

    async def reset(self, key: str) -> None:
        await self._local.reset(key)
        try:
            await self._redis.run(self._do("reset", [key]))
        except RedisAway:
            return

    async def close(self) -> None:
        self._redis.close()

    async def _undo(self, entering: Future[Any], key: str, token: str) -> None:
        with suppress(RedisAway):
            await self._redis.wait(entering)
            await self._do("release", [key], token=token, probe=True)

    async def _report(self, act: str, grant: Grant, **given: Any) -> Any:
        known = {"token": grant.token, "generation": grant.generation, "probe": grant.probe}
        return await self._redis.run(self._do(act, [grant.key], **known, **given))

    async def _do(self, act: str, keys: Sequence[str], **given: Any) -> Any:
        names = [PREFIX + key for key in keys]
        return await self._redis.evaluate(SCRIPT, names, act, self._rules, json.dumps(given))
