"""What the organisation has set about models, and whether its servers answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import HttpRequest
from ninja import Router

from accounts.access import member
from accounts.models import User
from accounts.permissions import require
from common.http.problems import Problem
from llm import actions, queries
from llm.api.schemas import (
    AdvancedIn,
    ConfigIn,
    Json,
    ProbeIn,
    config_json,
    probe_json,
    state_json,
)
from llm.loaders import access_models, access_provider

router = Router()


@router.get("/config", response=Json, summary="Providers, defaults, preferences, advanced settings")
def read_config(request: HttpRequest) -> Json:
    """Never a key: only whether there is one. ``installation`` lies below ``defaults``."""
    user = access_models(request)
    return config_json(queries.provider_cards(user), queries.settings_of(user))


@router.patch("/config", response=Json, summary="Change defaults, preferences, advanced settings")
def change_config(request: HttpRequest, body: ConfigIn) -> Json:
    """All of it, or nothing where a value is not right."""
    user = member(request)
    require(user, "llm.manage_models")
    with transaction.atomic():
        if body.defaults is not None:
            present = queries.settings_of(user).defaults.set()
            merged = present | body.defaults
            kept = {name: value for name, value in merged.items() if value is not None}
            actions.set_generation_defaults(actor=user, options=kept)
        if body.preferences is not None:
            actions.set_preferences(actor=user, preferences=body.preferences)
        if body.advanced is not None:
            _set_advanced(user, body.advanced)
    return read_config(request)


@router.post("/config/test", response=Json, summary="Test the connection to a provider")
def test_connection(request: HttpRequest, body: ProbeIn) -> Json:
    """Says what was found; the stored key is only ever sent to the stored address."""
    user = member(request)
    require(user, "llm.manage_models")
    provider = access_provider(request, body.provider) if body.provider is not None else None
    if provider is not None and not (body.kind or body.baseUrl or body.apiKey):
        return probe_json(actions.probe_saved_provider(actor=user, provider=provider))
    with _named_here(base_url="baseUrl", api_key="apiKey"):
        found = actions.probe_provider(
            actor=user,
            kind=body.kind or (provider.kind if provider else "ollama"),
            base_url=body.baseUrl or (provider.url if provider else ""),
            api_key=body.apiKey,
            provider=provider,
        )
    return probe_json(found)


@router.get("/version", response=Json, summary="Versions and states of the model servers")
def read_versions(request: HttpRequest) -> Json:
    user = access_models(request)
    return {"providers": [state_json(card) for card in queries.provider_cards(user)]}


def _set_advanced(user: User, body: AdvancedIn) -> None:
    """Only what is given."""
    names = {"useShared": "use_shared", "keepAlive": "keep_alive", "budgets": "budgets"}
    given = {names[field]: getattr(body, field) for field in body.model_fields_set}
    present = queries.settings_of(user).advanced.model_dump(mode="json")
    with _named_here(use_shared="useShared", keep_alive="keepAlive"):
        actions.set_advanced(actor=user, values=present | given)


@contextmanager
def _named_here(**names: str) -> Iterator[None]:
    """A field that is not right is told by the name it has in the API."""
    try:
        yield
    except Problem as problem:
        problem.fields = {names.get(name, name): words for name, words in problem.fields.items()}
        raise
