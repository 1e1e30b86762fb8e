"""Providers and their models, as a person sees them. Nothing raises because a server is away.

``Overview`` reads each kind of row once; the functions are for who wants one part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from django.contrib.auth.models import Group
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.access import organization_of
from accounts.models import User
from common.http.problems import Problem
from llm import survey
from llm.connections import can, connect
from llm.models import ModelPull, Provider
from llm.orchestration.choice import same_model
from llm.orchestration.purposes import Purpose
from llm.orchestration.rows import Rows, read_rows
from llm.problems import ask
from llm.providers.base import Capability, ModelDetails, ModelInfo
from llm.queries.shapes import InstalledModel, ModelDetail, ProviderCard
from llm.registry import uses_of
from llm.survey import Survey

Key = tuple[int, str]
DETAILS_SECONDS = 300


class Overview:
    """Everything about models for one person; each part is read when it is first wanted."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def rows(self) -> Rows:
        return read_rows(organization_of(self.user).pk, self.user, Purpose.CHAT)

    @cached_property
    def visible(self) -> list[Provider]:
        return list(Provider.objects.visible_to(self.user))

    @cached_property
    def managed(self) -> frozenset[int]:
        """Providers whose models the person manages."""
        rows = Provider.objects.manageable_by(self.user)
        return frozenset(rows.values_list("pk", flat=True))

    @cached_property
    def pulls(self) -> list[ModelPull]:
        """Downloads of the organisation that nobody has put away, the latest first."""
        rows = ModelPull.objects.visible_to(self.user).shown()
        return list(rows.select_related("job", "provider", "user")[:50])

    @cached_property
    def surveys(self) -> dict[int, Survey]:
        """Of the providers in use."""
        providers = self.rows.providers
        found = survey.surveys_of(providers)
        return {provider.pk: each for provider, each in zip(providers, found, strict=True)}

    @cached_property
    def cards(self) -> list[ProviderCard]:
        """All that the person may see, used or not."""
        return [self._card(provider) for provider in self.visible]

    @cached_property
    def models(self) -> list[InstalledModel]:
        """Of all providers in use: by provider, then by name."""
        return [
            row
            for provider in self.rows.providers
            for row in self.models_of(provider, self.surveys[provider.pk])
        ]

    def models_of(self, provider: Provider, state: Survey) -> list[InstalledModel]:
        infos = sorted(state.models, key=lambda info: info.name.casefold())
        return [self._row(provider, state, info) for info in infos]

    def _card(self, provider: Provider) -> ProviderCard:
        asked = self.surveys.get(provider.pk)
        known, manages = asked or survey.last_known(provider), provider.pk in self.managed
        if not manages:
            reason = survey.plain_reason(provider, known.code, known.reason)
            known = replace(known, reason=reason)
        return ProviderCard(
            provider=provider,
            survey=known,
            can_manage=manages,
            is_own=provider.organization_id == self.user.organization_id
            and self.user.has_perm("llm.manage_models"),
            used=asked is not None,
        )

    def _row(self, provider: Provider, state: Survey, info: ModelInfo) -> InstalledModel:
        rows, key = self.rows, (provider.pk, info.name)
        external = provider.external or bool(info.remote_host)
        external_allowed = rows.external_allowed(*key)
        return InstalledModel(
            provider=provider,
            info=info,
            running=state.loaded(info.name),
            pull=self._active_pulls.get(key),
            setting=rows.settings.get(key),
            can_manage=provider.pk in self.managed,
            allowed=rows.may_use(*key) and (external_allowed or not external),
            groups=_groups(rows, key, self._group_names),
            external=external,
            external_allowed=external_allowed,
            stale=not state.answers,
        )

    @cached_property
    def _active_pulls(self) -> dict[Key, ModelPull]:
        return {(pull.provider_id, pull.name): pull for pull in self.pulls if pull.is_active}

    @cached_property
    def _group_names(self) -> dict[int, str]:
        chosen = {pk for rule in self.rows.access.values() for pk in rule.groups}
        if not chosen:
            return {}
        return dict(Group.objects.filter(pk__in=chosen).values_list("pk", "name"))


def providers_in_use(user: User) -> list[Provider]:
    """Switched on, and not left out by the organisation; the first are asked first."""
    return list(Overview(user).rows.providers)


def provider_cards(user: User) -> list[ProviderCard]:
    return Overview(user).cards


def installed(user: User) -> list[InstalledModel]:
    return Overview(user).models


def pulls_of(user: User) -> list[ModelPull]:
    return Overview(user).pulls


def is_named(provider_id: int, info: ModelInfo, name: str) -> bool:
    """Whether "llama3.2" or "3/llama3.2" names this model."""
    return same_model(info.name, name) or same_model(f"{provider_id}/{info.name}", name)


def model_detail(user: User, provider_pk: int, name: str) -> ModelDetail | None:
    """What the server tells of a model; None when it has none of that name."""
    overview = Overview(user)
    provider = next((each for each in overview.visible if each.pk == provider_pk), None)
    if provider is None:
        return None
    [known] = survey.surveys_of([provider])
    rows = overview.models_of(provider, known)
    row = next((row for row in rows if row.name == name), None)
    if row is None:
        return None
    uses = tuple(uses_of(user, provider, name))
    if not can(provider, Capability.SHOW):
        return ModelDetail(row, None, uses, _("Servers of this kind tell no more of a model."))
    try:
        details = _details(provider, row)
    except Problem as problem:
        words = problem.detail
        if not row.can_manage:
            words = survey.plain_reason(provider, problem.code, words)
        return ModelDetail(row, None, uses, words)
    return ModelDetail(row, details, uses)


def _details(provider: Provider, row: InstalledModel) -> ModelDetails:
    """Asked once in a while: what a digest stands for does not change."""
    facts = f"{provider.pk}:{provider.version}:{row.name}:{row.info.digest}"
    key = f"llm:show:{hashlib.sha256(facts.encode()).hexdigest()}"
    known: ModelDetails | None = cache.get(key)
    if known is None:
        known = ask(connect(provider).show(row.name), words=row.can_manage)
        cache.set(key, known, timeout=DETAILS_SECONDS)
    return known


def find_model(providers: Sequence[Provider], name: str) -> tuple[Provider, ModelInfo] | None:
    """The first that has a model of this name ("llama3.2" is "llama3.2:latest"). A server that
    does not answer may have it: then that is the problem."""
    surveys = survey.surveys_of(providers)
    for provider, known in zip(providers, surveys, strict=True):
        for info in known.models:
            if same_model(info.name, name):
                return provider, info
    for provider, known in zip(providers, surveys, strict=True):
        if not known.answers:
            code = known.code or "MODEL_UNREACHABLE"
            raise Problem(code, survey.plain_reason(provider, code, known.reason))
    return None


def _groups(rows: Rows, key: Key, names: dict[int, str]) -> tuple[str, ...]:
    """Whom the rules of the provider and of the model both let through; none: everybody."""
    rules = [rows.access[each] for each in ((key[0], ""), key) if each in rows.access]
    chosen = [rule.groups for rule in rules if rule.groups]
    if not chosen:
        return ()
    return tuple(sorted(names[pk] for pk in frozenset.intersection(*chosen) if pk in names))
