"""Which models this person could use now, and how each would be called."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from django.conf import settings
from django.utils.translation import gettext as _

from llm import survey as surveys
from llm.connections import can, endpoint_of
from llm.models import Provider
from llm.orchestration.alone import is_alone, shared
from llm.orchestration.choice import Candidate, Choice, NoModel, choose, complexity
from llm.orchestration.failures import access_withdrawn, changed_meanwhile, consent_withdrawn
from llm.orchestration.machinery import machinery
from llm.orchestration.options import keep_alive_of, options_for, window_of
from llm.orchestration.purposes import Budget
from llm.orchestration.request import Ask, Target, Unanswered
from llm.orchestration.rows import Rows, rows_for
from llm.prompts.tokens import prompt_tokens
from llm.providers import base
from llm.providers.base import Capability, KeepAlive, ModelInfo
from llm.providers.options import GenerationOptions
from llm.providers.registry import open_provider
from llm.survey import Survey

Loop = asyncio.AbstractEventLoop
_CODES = {"MODEL_EXTERNAL": "EXTERNAL_REFUSED", "MODEL_NOT_ALLOWED": "PERMISSION_DENIED"}
"""Codes of the choice that the product calls otherwise."""


@dataclass(frozen=True)
class Route:
    """A model of a provider, and all that a call to it is made with."""

    provider: Provider
    candidate: Candidate
    window: int
    options: GenerationOptions
    keep_alive: KeepAlive | None
    parallel: int
    digest: str = ""
    """Which model that name stands for, where the server tells."""

    @property
    def model(self) -> str:
        return self.candidate.name

    @property
    def key(self) -> str:
        """Of its line and its breaker."""
        return key_of(self.provider, self.model)

    @property
    def known_unloaded(self) -> bool:
        """Its server tells which models are loaded, and this one was not among them."""
        tells = can(self.provider, Capability.RUNNING) and not self.candidate.external
        return tells and not self.candidate.loaded

    @property
    def target(self) -> Target:
        return Target(
            provider_id=self.provider.pk,
            provider=self.provider.name,
            model=self.model,
            window=self.window,
            longest_answer=self.options.num_predict,
            capabilities=self.candidate.capabilities,
            factor=machinery().calibration.factor(self.key),
        )

    def connect(self, budget: Budget) -> base.Provider:
        endpoint = replace(endpoint_of(self.provider), connect_seconds=budget.connect)
        return open_provider(self.provider.kind, endpoint)


def key_of(provider: Provider, model: str) -> str:
    return f"{provider.pk}:{model}"


@dataclass(frozen=True)
class Outlook:
    rows: Rows
    surveys: dict[int, Survey]
    candidates: tuple[Candidate, ...]

    def choose(self, ask: Ask) -> Choice:
        """``Unanswered`` with the reason when there is none. Another than the one asked for by name
        only where the caller agreed to that; the reason says so."""
        candidates = self.candidates
        if ask.provider is not None:
            candidates = tuple(each for each in candidates if each.provider_id == ask.provider)
        try:
            return choose(
                ask.purpose,
                candidates=candidates,
                wanted=ask.model or None,
                preferences=self.rows.preferences,
                need=_needs(ask),
                complexity=complexity(ask.last_words) if ask.last_words else None,
                tokens=0 if callable(ask.messages) else prompt_tokens(ask.messages),
            )
        except NoModel as error:
            if not ask.falls_back or not error.others:
                raise self._unanswered(ask, error) from error
            return _instead(error)

    def route(self, ask: Ask, candidate: Candidate) -> Route:
        provider = next(each for each in self.rows.providers if each.pk == candidate.provider_id)
        info = self.surveys[provider.pk].model(candidate.name) or ModelInfo(candidate.name)
        window = window_of(self.rows, provider, info)
        setting = self.rows.settings.get((provider.pk, candidate.name))
        return Route(
            provider=provider,
            candidate=candidate,
            window=window,
            options=options_for(
                ask.purpose, ask.options, self.rows, candidate=candidate, window=window
            ),
            keep_alive=keep_alive_of(self.rows),
            parallel=(setting.parallel if setting else None) or provider.parallel,
            digest=info.digest,
        )

    def _unanswered(self, ask: Ask, error: NoModel) -> Unanswered:
        if error.code != "MODEL_MISSING":
            return Unanswered(_CODES.get(error.code, error.code), error.sentence)
        silent = self._silent(ask.provider)
        if silent is not None:
            message = _("“%(name)s” does not answer: %(reason)s") % {
                "name": silent.name,
                "reason": self.surveys[silent.pk].reason,
            }
            return Unanswered("MODEL_UNREACHABLE", message, retryable=True)
        if ask.model and self.candidates:
            return Unanswered("MODEL_MISSING", error.sentence)
        return Unanswered("NO_MODEL", self._nothing())

    def _silent(self, wanted: int | None) -> Provider | None:
        """The first provider that was set up and does not answer; the built-in one only counts
        when it does, unless it was named."""
        for provider in self.rows.providers:
            counts = provider.pk == wanted or (wanted is None and not provider.builtin)
            if counts and not self.surveys[provider.pk].answers:
                return provider
        return None

    def _nothing(self) -> str:
        answering = [each for each in self.rows.providers if self.surveys[each.pk].answers]
        if answering:
            return _("“%(name)s” answers, but no model is installed on it.") % {
                "name": answering[0].name
            }
        return _("No language model is set up, and none answers at %(url)s.") % {
            "url": settings.OLLAMA_URL
        }


async def look(ask: Ask) -> Outlook:
    """Asks the database once, providers when what is known of them is old, and the breaker."""
    rows = await rows_for((ask.organization.pk, ask.user, ask.purpose))
    known = dict(zip(rows.providers, await _survey(rows.providers), strict=True))
    candidates = [
        _candidate(rows, provider, info, survey)
        for provider, survey in known.items()
        if survey.answers or not provider.builtin
        for info in survey.models
    ]
    by_id = {provider.pk: survey for provider, survey in known.items()}
    return Outlook(rows, by_id, await _with_breakers(candidates))


async def check_again(ask: Ask, route: Route) -> None:
    """For who stood in line: what an Admin changed meanwhile holds. Raises ``AttemptFailed``."""
    rows = await rows_for((ask.organization.pk, ask.user, ask.purpose))
    asked, model = route.provider, route.model
    now = next((each for each in rows.providers if each.pk == asked.pk), None)
    if now is None or (now.kind, now.url) != (asked.kind, asked.url):
        raise changed_meanwhile(asked.name)
    if not rows.may_use(now.pk, model):
        raise access_withdrawn()
    external = now.external or route.candidate.external
    if external and not rows.external_allowed(now.pk, model):
        raise consent_withdrawn()


def _candidate(rows: Rows, provider: Provider, info: ModelInfo, survey: Survey) -> Candidate:
    return Candidate(
        provider_id=provider.pk,
        name=info.name,
        provider_order=provider.order,
        size=info.size,
        parameters=info.parameters,
        context_length=_readable(rows, provider, info),
        capabilities=info.capabilities,
        loaded=survey.loaded(info.name) is not None or not can(provider, Capability.RUNNING),
        external=provider.external or bool(info.remote_host),
        external_allowed=rows.external_allowed(provider.pk, info.name),
        access=rows.may_use(provider.pk, info.name),
        health=survey.state.value,
    )


def _readable(rows: Rows, provider: Provider, info: ModelInfo) -> int | None:
    """Tokens the model reads at once as we call it; other servers have a window of their own."""
    if can(provider, Capability.CONTEXT):
        return window_of(rows, provider, info)
    return info.context_length


async def _with_breakers(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    keys = [f"{each.provider_id}:{each.name}" for each in candidates]
    states = await machinery().breaker.states(keys)
    return tuple(
        replace(each, breaker_open=states[key].state == "open")
        for key, each in zip(keys, candidates, strict=True)
    )


def _instead(error: NoModel) -> Choice:
    other, *others = error.others
    said = _("%(reason)s “%(next)s” is asked instead.")
    reason = said % {"reason": error.sentence, "next": other.name}
    return Choice(other, reason, tuple(others))


def _needs(ask: Ask) -> frozenset[str]:
    needs = {"tools"} if ask.tools else set()
    return frozenset(needs | {"vision"} if ask.has_images else needs)


# Many requests that start at once ask each provider once.
_asking: WeakKeyDictionary[Loop, dict[tuple[int, int], asyncio.Task[Survey]]]
_asking = WeakKeyDictionary()


async def _survey(providers: Iterable[Provider]) -> list[Survey]:
    if is_alone():
        return list(await asyncio.gather(*map(_up_to_date, providers)))
    tasks = [_asked(provider) for provider in providers]
    return list(await asyncio.gather(*(asyncio.shield(task) for task in tasks)))


def _asked(provider: Provider) -> asyncio.Task[Survey]:
    loop = asyncio.get_running_loop()
    going = _asking.setdefault(loop, {})
    key = provider.pk, provider.version
    task = going.get(key)
    if task is None:
        task = going[key] = loop.create_task(_up_to_date(provider), context=shared())
        task.add_done_callback(lambda _task: going.pop(key, None))
    return task


async def _up_to_date(provider: Provider) -> Survey:
    """One that answered is believed for as long as the periodic look takes: calls that fail
    correct it. One that did not is asked again soon."""
    known = await surveys.survey(provider, max_age=settings.LLM_HEALTH_SECONDS)
    return known if known.answers else await surveys.survey(provider)
