"""What an organisation has set about models, and where that names what is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from accounts.access import organization_of
from accounts.models import User
from llm.models import ModelPreference
from llm.models.settings import Advanced
from llm.orchestration.purposes import Purpose
from llm.orchestration.rows import read_rows
from llm.providers.options import GenerationOptions
from llm.queries.catalog import installed, is_named
from llm.queries.shapes import InstalledModel
from llm.registry import named_models


@dataclass(frozen=True)
class Settings:
    """``installation`` lies below ``defaults``. ``preferences``: names or "provider/name" by
    purpose, best first; every purpose is there."""

    defaults: GenerationOptions
    installation: GenerationOptions
    preferences: dict[str, list[str]]
    advanced: Advanced


@dataclass(frozen=True)
class MissingModel:
    """Preferred or named, but not installed; or installed, and not loaded (its first answer takes
    longer). ``uses``: what of the person's names it, in words."""

    model: str
    purposes: tuple[str, ...]
    state: Literal["missing", "unloaded"]
    uses: tuple[str, ...] = ()


def settings_of(user: User) -> Settings:
    rows = read_rows(organization_of(user).pk, user, Purpose.CHAT)
    return Settings(
        defaults=rows.own,
        installation=rows.instance,
        preferences=preferences_of(user),
        advanced=rows.advanced,
    )


def preferences_of(user: User) -> dict[str, list[str]]:
    stored = dict(
        ModelPreference.objects.visible_to(user).values_list("purpose", "models_in_order")
    )
    return {str(purpose): list(stored.get(str(purpose)) or []) for purpose in Purpose}


def missing_models(
    user: User, models: Iterable[InstalledModel] | None = None
) -> list[MissingModel]:
    """Of the preferred models and those that people's things name. ``models``: what ``installed``
    has found already.

    Where a server does not answer, what it had counts as there.
    """
    there = list(installed(user) if models is None else models)
    preferred: dict[str, list[str]] = {}
    for purpose, names in preferences_of(user).items():
        for name in names:
            preferred.setdefault(name, []).append(purpose)
    named = named_models(user)
    found = []
    for name in preferred.keys() | named.keys():
        rows = [row for row in there if is_named(row.provider.pk, row.info, name)]
        if not any(row.is_ready for row in rows):
            state: Literal["missing", "unloaded"] = "unloaded" if rows else "missing"
            purposes, uses = preferred.get(name, ()), named.get(name, ())
            found.append(MissingModel(name, tuple(purposes), state, tuple(uses)))
    return sorted(found, key=lambda each: (each.state, each.model))
