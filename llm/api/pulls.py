"""Downloads over the API: started and followed, listed, cancelled."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from ninja import Router, Status

from accounts.access import member
from accounts.models import User
from common.http.problems import Problem
from common.http.sse import CONTENT_TYPE, EventStream
from llm import actions, queries
from llm.actions.base import authorise
from llm.api import following
from llm.api.schemas import Json, PullIn, pull_json
from llm.connections import can
from llm.loaders import access_models, access_pull, managed_provider
from llm.models import Provider
from llm.providers.base import Capability

router = Router()
EVENTS = {
    "responses": {
        200: {
            "description": "Progress until it has ended: `progress`, then `done` or `error`",
            "content": {CONTENT_TYPE: {"schema": {"type": "string"}}},
        }
    }
}


@router.post(
    "/models/pull",
    response={202: Json},
    summary="Download a model",
    openapi_extra=EVENTS,
)
def pull_model(request: HttpRequest, body: PullIn, stream: bool = True) -> HttpResponseBase:
    """Server-sent events, or with ``Accept: application/json`` or ``?stream=false`` the download
    at once (202). The download goes on when nobody follows it; the same request again follows it
    anew. A stream that ends without ``done`` or ``error``: the server was restarted."""
    user = member(request)
    authorise(user)
    pull = actions.start_pull(
        actor=user, provider=_provider(request, user, body.provider), name=body.name
    )
    if not stream or _wants_json(request):
        return JsonResponse(pull_json(pull), status=202)
    if following.count(user.pk) >= following.MOST:
        raise Problem("RATE_LIMITED", headers={"Retry-After": "5"})
    return EventStream(following.events(user.pk, pull.pk))


@router.get("/models/pulls", response=Json, summary="Downloads, the latest first")
def list_pulls(request: HttpRequest) -> Json:
    user = access_models(request)
    manages = user.has_perm("llm.manage_models")
    return {"items": [pull_json(pull, manages=manages) for pull in queries.pulls_of(user)]}


@router.delete(
    "/models/pulls/{pull_id}", response={204: None}, summary="Cancel a download, or put it away"
)
def end_pull(request: HttpRequest, pull_id: UUID) -> Status[None]:
    """One that runs is cancelled; one that has ended leaves the list."""
    pull = access_pull(request, pull_id)
    if pull.is_active:
        actions.cancel_pull(actor=member(request), pull=pull)
    else:
        actions.dismiss_pull(actor=member(request), pull=pull)
    return Status(204, None)


def _provider(request: HttpRequest, user: User, pk: int | None) -> Provider:
    if pk is not None:
        return managed_provider(request, pk)
    managed = set(Provider.objects.manageable_by(user).values_list("pk", flat=True))
    for provider in queries.providers_in_use(user):
        if provider.pk in managed and can(provider, Capability.PULL):
            return provider
    raise Problem("MODEL_UNSUPPORTED")


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and CONTENT_TYPE not in accepted
