"""What is known of each provider: does it answer, which models has it, which are loaded.

A survey asks the server and is kept for a few seconds; what real calls see corrects it. Pages that
only want to know the state read the last one without asking (``last_known``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import structlog
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import OperationalError
from django.utils.translation import gettext as _

from common import cache, clock
from common.http.codes import CODES
from common.realtime import publish_now
from llm.connections import can, connect
from llm.models import Provider
from llm.providers.base import Capability, ModelInfo, RunningModel
from llm.providers.bounds import MOST_MODELS
from llm.providers.errors import AddressRefused, ProviderError, Unreachable

log = structlog.get_logger(__name__)
FRESH_SECONDS = 10.0
PATIENCE = 3.0
AT_ONCE = 16
KEPT_SECONDS = 24 * 3600
ASKED_SECONDS = 600
SEEN_EVERY = timedelta(minutes=1)


class State(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Survey:
    """``models`` and ``running`` are those last heard of; when the state is down, before it was."""

    provider_id: int
    state: State = State.UNKNOWN
    reason: str = ""
    code: str = ""
    version: str = ""
    models: tuple[ModelInfo, ...] = ()
    running: tuple[RunningModel, ...] = ()
    at: datetime | None = None
    since: datetime | None = None
    """Since when it is in this state."""
    of: str = ""
    """Which server it is about: what was known of another address does not count."""

    @property
    def answers(self) -> bool:
        return self.state in {State.OK, State.DEGRADED}

    def model(self, name: str) -> ModelInfo | None:
        return next((model for model in self.models if model.name == name), None)

    def loaded(self, name: str) -> RunningModel | None:
        return next((model for model in self.running if model.name == name), None)


def topic_of(provider: Provider) -> str:
    """Where changes of a provider's state are told; all organisations hear of shared ones."""
    return f"models:{provider.organization_id or 'shared'}"


async def survey(provider: Provider, *, max_age: float = FRESH_SECONDS) -> Survey:
    """What is known, asked again if it is older than ``max_age`` seconds. Never raises."""
    await cache.awrite(_asked_key(provider), True, ASKED_SECONDS)
    known = _about(provider, await cache.aread(_key(provider)))
    if known is not None and _age(known) <= max_age:
        return known
    found = await _ask(provider, known or Survey(provider.pk))
    await _keep(provider, known, found)
    return found


async def survey_all(
    providers: Iterable[Provider], *, max_age: float = FRESH_SECONDS
) -> list[Survey]:
    """Of several, asked side by side."""
    return list(await asyncio.gather(*(survey(each, max_age=max_age) for each in providers)))


def surveys_of(providers: Sequence[Provider], *, max_age: float = FRESH_SECONDS) -> list[Survey]:
    """The same for code that is not asynchronous."""
    if not providers:
        return []
    return async_to_sync(survey_all)(providers, max_age=max_age)


def last_known(provider: Provider) -> Survey:
    """Without asking the server; ``unknown`` when nobody did for a day."""
    return _about(provider, cache.read(_key(provider))) or Survey(provider.pk)


def plain_reason(provider: Provider, code: str, reason: str) -> str:
    """The reason for those who do not manage the server: not where it is, nor its own words."""
    host = urlsplit(provider.url).hostname or ""
    tells = code in {"ADDRESS_REFUSED", "MODEL_FAILED"} or (host and host in reason.lower())
    return str(CODES[code].message) if tells and code in CODES else reason


def forget(provider: Provider) -> None:
    """Something of ours changed what it has: the next who asks gets a fresh answer."""
    known = last_known(provider)
    if known.at is not None:
        cache.write(_key(provider), replace(known, at=known.at - timedelta(days=1)), KEPT_SECONDS)


async def note_success(provider: Provider) -> None:
    """A real call was answered: it is up, whatever the last survey said."""
    known = _about(provider, await cache.aread(_key(provider)))
    if known is not None and not known.answers:
        await _keep(provider, known, replace(known, state=State.OK, reason="", code=""))


async def note_failure(provider: Provider, error: ProviderError) -> None:
    """A real call failed for a reason that says something about the server."""
    if not error.counts:
        return
    known = _about(provider, await cache.aread(_key(provider)))
    known = known or Survey(provider.pk, at=clock.now())
    state = State.DOWN if isinstance(error, Unreachable) else State.DEGRADED
    changed = replace(known, state=state, reason=error.message, code=error.code)
    await _keep(provider, known, changed)


def refresh_asked() -> None:
    """The periodic look: at providers somebody asked about within ten minutes."""
    asked = [each for each in Provider.objects.filter(enabled=True) if cache.read(_asked_key(each))]
    if asked:
        async_to_sync(_refresh)(asked)


async def _refresh(providers: Sequence[Provider]) -> None:
    """Without counting as somebody's question, or it would never end. Side by side: those who do
    not answer must not hold up the others."""
    places = asyncio.Semaphore(AT_ONCE)

    async def look(provider: Provider) -> None:
        async with places:
            known = _about(provider, await cache.aread(_key(provider)))
            await _keep(provider, known, await _ask(provider, known or Survey(provider.pk)))

    await asyncio.gather(*(look(provider) for provider in providers))


async def _ask(provider: Provider, known: Survey) -> Survey:
    fresh = replace(known, at=clock.now(), reason="", code="")
    try:
        async with asyncio.timeout(PATIENCE):
            return await _look(provider, fresh)
    except TimeoutError:
        reason = _("It did not answer within %(n)d seconds.") % {"n": PATIENCE}
        return replace(fresh, state=State.DOWN, reason=reason, code="MODEL_TIMEOUT")
    except ProviderError as error:
        down = isinstance(error, Unreachable | AddressRefused) or not known.answers
        state = State.DOWN if down else State.DEGRADED
        return replace(fresh, state=state, reason=error.message, code=error.code)


async def _look(provider: Provider, fresh: Survey) -> Survey:
    engine = connect(provider, answer_seconds=PATIENCE)
    version = await engine.version() if can(provider, Capability.VERSION) else ""
    models = await engine.models()
    running = await engine.running() if can(provider, Capability.RUNNING) else []
    reason = ""
    if len(models) >= MOST_MODELS:
        reason = _("Only the first %(n)d of its models are shown.") % {"n": MOST_MODELS}
    return replace(
        fresh,
        state=State.OK,
        reason=reason,
        version=version,
        models=tuple(models),
        running=tuple(running),
    )


async def _keep(provider: Provider, known: Survey | None, found: Survey) -> None:
    before = known.state if known is not None else State.UNKNOWN
    changed = before is not found.state
    moment = clock.now()
    since = moment if changed or found.since is None else found.since
    kept = replace(found, since=since, of=_server(provider))
    await cache.awrite(_key(provider), kept, KEPT_SECONDS)
    if kept.state is State.OK and _unseen(provider, moment):
        await _note_seen(provider, moment)
    if changed:
        log.info("provider state", provider=provider.pk, state=kept.state, code=kept.code)
        publish_now(topic_of(provider), "provider-changed", {"id": provider.pk})


async def _note_seen(provider: Provider, moment: datetime) -> None:
    """Not worth a page: where the database is busy, the next survey says it."""
    provider.seen_at = moment
    try:
        await Provider.objects.filter(pk=provider.pk).aupdate(seen_at=moment)
    except OperationalError as error:
        log.warning("not noted that a provider answers", error=str(error)[:200])


def _unseen(provider: Provider, moment: datetime) -> bool:
    return provider.seen_at is None or moment - provider.seen_at > SEEN_EVERY


def _age(known: Survey) -> float:
    """Seconds; for ever when nobody looked, or the clock was set back since."""
    age = (clock.now() - known.at).total_seconds() if known.at else -1.0
    return age if age >= 0 else float("inf")


def _about(provider: Provider, known: Survey | None) -> Survey | None:
    return known if known is not None and known.of == _server(provider) else None


def _server(provider: Provider) -> str:
    """By version: a changed address is another server."""
    return f"{provider.version}:{settings.OLLAMA_URL}"


def _key(provider: Provider) -> str:
    """One for each provider: what is kept of a thousand models is large."""
    return f"llm:survey:{provider.pk}"


def _asked_key(provider: Provider) -> str:
    return f"llm:asked:{provider.pk}"
