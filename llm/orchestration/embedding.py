"""Texts to vectors, in batches, each text cached for itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from llm.orchestration import answers_cache, usage
from llm.orchestration.alone import alone
from llm.orchestration.attempts import Attempt
from llm.orchestration.breaker import Permit
from llm.orchestration.events import Answer
from llm.orchestration.journey import Journey
from llm.orchestration.outlook import Route
from llm.orchestration.purposes import Budget, Purpose
from llm.orchestration.request import Ask
from llm.prompts.tokens import estimate_tokens
from llm.providers.base import Metrics
from llm.providers.errors import NotUnderstood

BATCH = 32
"""Texts in one request: enough to be quick, few enough to let others take turns."""
Vector = list[float]


@dataclass(frozen=True, slots=True)
class Embedded:
    """One vector a text, all of one length. ``cached`` of them were known already."""

    vectors: tuple[Vector, ...]
    dimensions: int
    provider_id: int | None
    provider: str
    model: str
    cached: int = 0
    notes: tuple[str, ...] = ()
    trace_id: str = ""


async def embed(
    *,
    organization: Organization,
    texts: Sequence[str],
    user: User | None = None,
    model: str = "",
    provider: int | None = None,
    fingerprint: str = "",
    budget: Budget | None = None,
) -> Embedded:
    """Raises ``Unanswered``. Vectors of different models cannot be compared: keep ``model`` with
    them, and name it the next time."""
    ask = Ask(
        purpose=Purpose.EMBED,
        organization=organization,
        user=user,
        messages=(),
        model=model,
        provider=provider,
        fingerprint=fingerprint,
        budget=budget,
        # The choice offers only the same model elsewhere.
        fallback=True,
    )
    journey = EmbedJourney(ask, lambda event: None, False, texts=tuple(texts))
    try:
        answer = await journey.answer()
    finally:
        usage.keep(journey.records)
    return journey.embedded(answer)


def embed_now(**arguments: Any) -> Embedded:
    """The same for code that is not asynchronous."""
    return async_to_sync(_embed_alone)(**arguments)


async def _embed_alone(**arguments: Any) -> Embedded:
    async with alone():
        return await embed(**arguments)


@dataclass
class EmbedAttempt(Attempt):
    texts: tuple[str, ...] = ()
    vectors: list[Vector] = field(default_factory=list)

    async def _listen(self, permit: Permit) -> None:
        self.began = time.monotonic()
        seconds = min(self.budget.first_token, self.deadline.left)
        engine = self.route.connect(self.budget)
        try:
            async with asyncio.timeout(seconds):
                self.vectors = await engine.embed(
                    self.route.model, list(self.texts), keep_alive=self.route.keep_alive
                )
        except TimeoutError as error:
            raise self._too_slow() from error
        if len({len(vector) for vector in self.vectors}) != 1 or not self.vectors[0]:
            raise NotUnderstood(_("The model server sent vectors of different lengths."))

    @property
    def metrics(self) -> Metrics:
        tokens = sum(estimate_tokens(text) for text in self.texts) if self.began else 0
        return Metrics(prompt_tokens=tokens, estimated=True)


@dataclass
class EmbedJourney(Journey):
    texts: tuple[str, ...] = ()
    vectors: dict[str, Vector] = field(default_factory=dict)
    known: int = 0

    async def _by(self, route: Route, *, retries: bool) -> Answer:
        self.tell_choice(route)
        keys = {text: self._key(route, text) for text in self.texts}
        kept = await answers_cache.find_many(list(keys.values()))
        self.vectors = {text: kept[key]["vector"] for text, key in keys.items() if key in kept}
        self.known = len(self.vectors)
        if self.texts and self.known == len(keys):
            self.record("cached", route)
        await self._fill(route, keys, retries=retries)
        if self.known and self._differ():
            # The kept ones are of another model that had this name.
            self.vectors, self.known = {}, 0
            await self._fill(route, keys, retries=retries)
        if self._differ():
            raise NotUnderstood(_("The model server sent vectors of different lengths."))
        provider = route.provider
        return replace(
            self.so_far(), provider_id=provider.pk, provider=provider.name, model=route.model
        )

    async def _fill(self, route: Route, keys: dict[str, str], *, retries: bool) -> None:
        """Ask for the vectors that are missing, and keep each."""
        missing = [text for text in keys if text not in self.vectors]
        for batch in _batches(missing):
            found = await self._repeated(partial(self._embedded, route, batch), retries=retries)
            self.vectors |= found
            fresh = {keys[text]: {"vector": vector} for text, vector in found.items()}
            usage.later(partial(answers_cache.store, fresh))

    def embedded(self, answer: Answer) -> Embedded:
        vectors = tuple(self.vectors[text] for text in self.texts)
        return Embedded(
            vectors=vectors,
            dimensions=len(vectors[0]) if vectors else 0,
            provider_id=answer.provider_id,
            provider=answer.provider,
            model=answer.model,
            cached=self.known,
            notes=answer.notes,
            trace_id=answer.trace_id,
        )

    async def _embedded(self, route: Route, texts: tuple[str, ...]) -> dict[str, Vector]:
        attempt = EmbedAttempt(
            self.ask,
            route,
            (),
            self.deadline,
            self.budget,
            self.tell,
            number=len(self.records) + 1,
            texts=texts,
        )
        made = await self._made(attempt)
        return dict(zip(texts, made.vectors, strict=True))

    def _check(self, attempt: Attempt) -> None:
        """Vectors were checked as they came."""

    def _differ(self) -> bool:
        return len({len(vector) for vector in self.vectors.values()}) > 1

    def _key(self, route: Route, text: str) -> str:
        organization_id = self.ask.organization.pk
        return answers_cache.key_for_text(organization_id, self.ask.fingerprint, route, text)


def _batches(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(texts), BATCH):
        yield tuple(texts[start : start + BATCH])
