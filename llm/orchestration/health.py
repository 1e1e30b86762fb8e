"""How a model is, for those who show it: alive, there, loaded, left alone, asked by how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from llm.models import Provider
from llm.orchestration.breaker.circuit import Condition
from llm.orchestration.machinery import machinery
from llm.orchestration.outlook import key_of
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
    return [await _health(provider, known, info.name) for info in known.models]


async def model_health(provider: Provider, model: str, *, max_age: float = 10.0) -> ModelHealth:
    return await _health(provider, await survey(provider, max_age=max_age), model)


async def _health(provider: Provider, known: Survey, model: str) -> ModelHealth:
    key = key_of(provider, model)
    state = await machinery().breaker.state(key)
    line = await machinery().queue.snapshot(key)
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
