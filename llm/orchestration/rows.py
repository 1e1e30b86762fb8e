"""What the database says about one request: providers, settings, rights. Read in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from django.db.models import Q
from pydantic import ValidationError

from llm.models import (
    GenerationDefaults,
    LanguageModelSettings,
    ModelAccess,
    ModelPreference,
    ModelSetting,
    Provider,
)
from llm.models.settings import Advanced
from llm.orchestration.batching import Batched
from llm.orchestration.purposes import Purpose
from llm.providers.options import GenerationOptions

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Access:
    """Who may use a model, or with ``model`` "" all of a provider's. No groups: everybody."""

    groups: frozenset[int]
    external_allowed: bool


@dataclass(frozen=True)
class Rows:
    """``access`` by (provider, model); ``settings`` too. ``groups`` are the person's."""

    providers: tuple[Provider, ...] = ()
    advanced: Advanced = field(default_factory=Advanced)
    instance: GenerationOptions = field(default_factory=GenerationOptions)
    own: GenerationOptions = field(default_factory=GenerationOptions)
    settings: dict[tuple[int, str], ModelSetting] = field(default_factory=dict)
    access: dict[tuple[int, str], Access] = field(default_factory=dict)
    preferences: tuple[str, ...] = ()
    groups: frozenset[int] = frozenset()

    def may_use(self, provider_id: int, model: str) -> bool:
        """What is said of the provider and what is said of the model must both allow it."""
        rules = self._rules(provider_id, model)
        return all(not rule.groups or rule.groups & self.groups for rule in rules)

    def external_allowed(self, provider_id: int, model: str) -> bool:
        return any(rule.external_allowed for rule in self._rules(provider_id, model))

    def _rules(self, provider_id: int, model: str) -> list[Access]:
        keys = ((provider_id, ""), (provider_id, model))
        return [self.access[key] for key in keys if key in self.access]


def read_rows(organization_id: int, user: Any, purpose: Purpose) -> Rows:
    """One query for each kind of row, whatever the number of models."""
    return read_all([(organization_id, user, purpose)])[0]


def read_all(asked: Sequence[tuple[int, Any, Purpose]]) -> list[Rows]:
    """For each (organisation, user, purpose), what is the same for several read only once."""
    shared = {
        key: _rows(*key) for key in {(organization_id, use) for organization_id, _, use in asked}
    }
    return [
        replace(shared[organization_id, use], groups=_groups(user))
        for organization_id, user, use in asked
    ]


rows_for = Batched(read_all)
"""``await rows_for((organization_id, user, purpose))``"""


def _rows(organization_id: int, purpose: Purpose) -> Rows:
    advanced = _advanced(organization_id)
    providers = Provider.objects.of(organization_id).filter(enabled=True)
    if not advanced.use_shared:
        providers = providers.filter(organization_id=organization_id)
    found = tuple(providers)
    ids = [provider.pk for provider in found]
    instance, own = _defaults(organization_id)
    return Rows(
        providers=found,
        advanced=advanced,
        instance=instance,
        own=own,
        settings={
            (each.provider_id, each.model): each
            for each in ModelSetting.objects.filter(provider__in=ids)
        },
        access=_access(organization_id, ids),
        preferences=_preferences(organization_id, purpose),
    )


def _groups(user: Any) -> frozenset[int]:
    return frozenset(user.groups.values_list("pk", flat=True)) if user else frozenset()


def _advanced(organization_id: int) -> Advanced:
    row = LanguageModelSettings.objects.filter(organization_id=organization_id).first()
    try:
        return row.chosen if row else Advanced()
    except ValidationError:
        log.warning("stored settings cannot be read", organization=organization_id)
        return Advanced()


def defaults_of(organization_id: int | None) -> GenerationOptions:
    """What an organisation says itself, or with None the installation."""
    rows = GenerationDefaults.objects.all()
    if organization_id is None:
        row = rows.filter(organization__isnull=True).first()
    else:
        row = rows.filter(organization_id=organization_id).first()
    return _options(row) if row else GenerationOptions()


def _defaults(organization_id: int) -> tuple[GenerationOptions, GenerationOptions]:
    """The installation's and the organisation's."""
    mine = Q(organization_id=organization_id) | Q(organization__isnull=True)
    found = {row.organization_id: _options(row) for row in GenerationDefaults.objects.filter(mine)}
    nothing = GenerationOptions()
    return found.get(None, nothing), found.get(organization_id, nothing)


def _options(row: GenerationDefaults) -> GenerationOptions:
    try:
        return row.chosen
    except ValidationError:
        log.warning("stored options cannot be read", organization=row.organization_id)
        return GenerationOptions()


def _access(organization_id: int, ids: list[int]) -> dict[tuple[int, str], Access]:
    rows = ModelAccess.objects.filter(organization_id=organization_id, provider__in=ids)
    return {
        (row.provider_id, row.model): Access(
            frozenset(group.pk for group in row.groups.all()), row.external_allowed
        )
        for row in rows.prefetch_related("groups")
    }


def _preferences(organization_id: int, purpose: Purpose) -> tuple[str, ...]:
    rows = ModelPreference.objects.filter(organization_id=organization_id, purpose=purpose)
    names = rows.values_list("models_in_order", flat=True).first()
    return tuple(name for name in names or () if isinstance(name, str))
