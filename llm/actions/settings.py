"""What an organisation sets about models: options by default, preferences, advanced settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from common.http.problems import Problem
from llm.actions.base import (
    LONGEST_MODEL,
    authorise,
    authorise_for,
    check_model_name,
    models_changed,
    settings_changed,
    validated,
)
from llm.models import (
    GenerationDefaults,
    LanguageModelSettings,
    ModelPreference,
    ModelSetting,
    Provider,
)
from llm.models.settings import Advanced
from llm.orchestration.choice import same_model
from llm.orchestration.purposes import Purpose
from llm.problems import Invalid
from llm.providers.options import GenerationOptions

MOST_PREFERENCES = 20


def set_generation_defaults(*, actor: User, options: dict[str, Any]) -> GenerationDefaults:
    """All options of the organisation; one that is not named falls back to the installation's."""
    organization = authorise(actor)
    chosen = validated(GenerationOptions, options).model_dump(mode="json", exclude_none=True)
    with transaction.atomic():
        row, _made = GenerationDefaults.objects.select_for_update().get_or_create(
            organization=organization
        )
        if row.options != chosen:
            changes = {"options": [row.options, chosen]}
            row.options = chosen
            row.save(update_fields=["options", "updated_at"])
            audit.record("generationdefaults.changed", actor=actor, target=row, changes=changes)
            settings_changed(organization)
    return row


def set_preferences(*, actor: User, preferences: Mapping[str, Iterable[str]]) -> None:
    """Models by purpose, best first. A purpose that is not named stays as it is; an empty list
    leaves the choice to what is installed."""
    organization = authorise(actor)
    wanted = {_purpose(key): _names(key, names) for key, names in preferences.items()}
    with transaction.atomic():
        for purpose, names in wanted.items():
            row, _made = ModelPreference.objects.select_for_update().get_or_create(
                organization=organization, purpose=purpose
            )
            if row.models_in_order == names:
                continue
            changes = {"models": [row.models_in_order, names]}
            row.models_in_order = names
            row.save(update_fields=["models_in_order", "updated_at"])
            audit.record("modelpreference.changed", actor=actor, target=row, changes=changes)
            settings_changed(organization)


def set_advanced(*, actor: User, values: dict[str, Any]) -> Advanced:
    """All advanced settings; what is not named is as by default."""
    organization = authorise(actor)
    chosen = validated(Advanced, values)
    kept = chosen.model_dump(mode="json", exclude_defaults=True)
    with transaction.atomic():
        row, _made = LanguageModelSettings.objects.select_for_update().get_or_create(
            organization=organization
        )
        if row.values != kept:
            changes = {"values": [row.values, kept]}
            row.values = kept
            row.save(update_fields=["values", "updated_at"])
            audit.record("languagemodelsettings.changed", actor=actor, target=row, changes=changes)
            settings_changed(organization)
    return chosen


def set_model_setting(
    *,
    actor: User,
    provider: Provider,
    model: str,
    context_window: int | None = None,
    parallel: int | None = None,
) -> ModelSetting | None:
    """What holds for every call of the model. Nothing set: no row, None."""
    authorise_for(actor, provider)
    model = check_model_name(model)
    if context_window is not None:
        _check_window(context_window)
    if parallel is not None and not 1 <= parallel <= 16:
        raise Invalid(parallel=_("A number from 1 to 16."))
    values = {"context_window": context_window, "parallel": parallel}
    with transaction.atomic():
        row = (
            ModelSetting.objects.select_for_update().filter(provider=provider, model=model).first()
        )
        before = {name: getattr(row, name, None) for name in values}
        if before == values:
            return row
        saved = _write(row, provider, model, values)
        changed = {name: [before[name], values[name]] for name in values}
        changes = {"model": model} | {
            name: pair for name, pair in changed.items() if len(set(pair)) > 1
        }
        audit.record("provider.model-set", actor=actor, target=provider, changes=changes)
        models_changed(provider)
    return saved


def _write(
    row: ModelSetting | None, provider: Provider, model: str, values: dict[str, int | None]
) -> ModelSetting | None:
    if any(value is not None for value in values.values()):
        saved, _made = ModelSetting.objects.update_or_create(
            provider=provider, model=model, defaults=values
        )
        return saved
    if row is not None:
        row.delete()
    return None


def _check_window(size: int) -> None:
    """Within what the option may be, named as the field is here."""
    try:
        validated(GenerationOptions, {"num_ctx": size})
    except Problem as problem:
        raise Invalid(context_window=problem.fields["num_ctx"][0]) from None


def _purpose(key: str) -> str:
    if key not in {purpose.value for purpose in Purpose}:
        raise Invalid(preferences=_("“%(key)s” is no purpose.") % {"key": key[:40]})
    return str(Purpose(key))


def _names(purpose: str, names: Iterable[str]) -> list[str]:
    """Without repetitions: "llama3.2" and "llama3.2:latest" are the same."""
    kept: list[str] = []
    for name in (str(name).strip() for name in names):
        if not name or len(name) > LONGEST_MODEL + 20 or not name.isprintable():
            raise Invalid(**{purpose: _("This is no name of a model.")})
        if not any(same_model(name, other) for other in kept):
            kept.append(name)
        if len(kept) > MOST_PREFERENCES:
            raise Invalid(**{purpose: _("At most %(n)d models.") % {"n": MOST_PREFERENCES}})
    return kept
