"""Installed and loaded models."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router, Status

from accounts.access import member
from common import ratelimit
from common.http.problems import Problem
from llm import actions, queries
from llm.api.schemas import (
    Json,
    LoadIn,
    ModelIn,
    Name,
    detail_json,
    model_json,
    running_json,
    state_json,
)
from llm.loaders import access_models, find_model

router = Router()


@router.get("/models", response=Json, summary="Installed models of all providers")
def list_models(request: HttpRequest) -> Json:
    """A provider that does not answer is named with the reason; what it had is marked stale."""
    user = access_models(request)
    items = [model_json(row) for row in queries.installed(user)]
    return {
        "items": items,
        "providers": [state_json(card) for card in queries.provider_cards(user)],
    }


@router.get("/models/running", response=Json, summary="Models in memory")
def list_running(request: HttpRequest) -> Json:
    loaded = [row for row in queries.installed(access_models(request)) if row.running]
    return {
        "items": [
            running_json(row.running)
            | {
                "provider": {"id": row.provider.pk, "name": row.provider.name},
                "gpuPercent": row.gpu_percent,
            }
            for row in loaded
            if row.running is not None
        ]
    }


@router.get("/models/show", response=Json, summary="Everything known of one model")
def show_model(request: HttpRequest, name: Query[Name], provider: int | None = None) -> Json:
    user = access_models(request)
    ratelimit.charge("models", str(user.pk))
    place, info = find_model(request, name, provider)
    found = queries.model_detail(user, place.pk, info.name)
    if found is None:
        raise Problem("MODEL_MISSING")
    return detail_json(found)


@router.post("/models/load", response={204: None}, summary="Load a model into memory")
def load_model(request: HttpRequest, body: LoadIn) -> Status[None]:
    """Answers when it is loaded."""
    provider, info = find_model(request, body.name, body.provider, manage=True)
    actions.load_model(
        actor=member(request), provider=provider, name=info.name, keep_alive=body.keepAlive
    )
    return Status(204, None)


@router.post("/models/unload", response={204: None}, summary="Take a model out of memory")
def unload_model(request: HttpRequest, body: ModelIn) -> Status[None]:
    """Answers in progress are finished first."""
    provider, info = find_model(request, body.name, body.provider, manage=True)
    actions.unload_model(actor=member(request), provider=provider, name=info.name)
    return Status(204, None)


@router.delete("/models", response={204: None}, summary="Delete a model from its server")
def delete_model(
    request: HttpRequest, name: Query[Name], confirm: str = "", provider: int | None = None
) -> Status[None]:
    """``confirm`` repeats the full name as ``GET /models`` lists it."""
    place, info = find_model(request, name, provider, manage=True)
    actions.delete_model(
        actor=member(request), provider=place, name=info.name, confirmation=confirm
    )
    return Status(204, None)
