"""How a model is, for those who show it: alive, there, loaded, left alone, asked by how many."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from llm.models import Provider
from llm.orchestration.breaker import BreakerState
from llm.orchestration.breaker.circuit import Condition
from llm.orchestration.machinery import machinery
from llm.orchestration.outlook import key_of
from llm.orchestration.queue import Snapshot
from llm.survey import Survey, survey


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """``alive``: its provider answers. ``circuit``: "open" while it is left alone after failures,
    ``retry_after`` seconds more. ``running`` of ``limit`` calls at a time, ``waiting`` in line."""

    provider_id: int
    model: str
    alive: bool
    installed: bool
    loaded: bool
    circuit: Condition
    retry_after: float
    failing_since: datetime | None
    running: int
    waiting: int
    limit: int

    @property
    def usable(self) -> bool:
        return self.alive and self.installed and self.circuit != "open"


async def health_of(provider: Provider, *, max_age: float = 10.0) -> list[ModelHealth]:
    """Of every model the provider is known to have."""
    known = await survey(provider, max_age=max_age)
    return await _health(provider, known, [info.name for info in known.models])


async def model_health(provider: Provider, model: str, *, max_age: float = 10.0) -> ModelHealth:
    (health,) = await _health(provider, await survey(provider, max_age=max_age), [model])
    return health


async def _health(provider: Provider, known: Survey, models: Sequence[str]) -> list[ModelHealth]:
    """Side by side: a server may have a thousand models."""
    keys = [key_of(provider, model) for model in models]
    states = await machinery().breaker.states(keys)
    lines = await asyncio.gather(*map(machinery().queue.snapshot, keys))
    return [
        _of(provider, known, model, states[key], line)
        for model, key, line in zip(models, keys, lines, strict=True)
    ]


def _of(
    provider: Provider, known: Survey, model: str, state: BreakerState, line: Snapshot
) -> ModelHealth:
    return ModelHealth(
        provider_id=provider.pk,
        model=model,
        alive=known.answers,
        installed=known.model(model) is not None,
        loaded=known.loaded(model) is not None,
        circuit=state.state,
        retry_after=state.retry_after,
        failing_since=state.since,
        running=line.running,
        waiting=line.waiting,
        limit=line.limit,
    )
