"""The first line of every view and API operation about models.

Another organisation's provider or download is 404; a role too low, or a shared provider that the
operator manages, is 403.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.access import member, organization_of
from accounts.models import User
from common.http.problems import Problem
from llm import queries
from llm.actions.base import authorise, authorise_for, authorise_own
from llm.models import ModelPull, Provider
from llm.providers.base import ModelInfo


def access_models(request: HttpRequest) -> User:
    """Whoever is in an organisation may see its models; operators use Django admin."""
    user = member(request)
    organization_of(user)
    return user


def access_provider(request: HttpRequest, pk: int) -> Provider:
    """One that the person may see."""
    access_models(request)
    return get_object_or_404(Provider.objects.visible_to(request.user), pk=pk)


def managed_provider(request: HttpRequest, pk: int) -> Provider:
    """One whose models the person manages."""
    provider = access_provider(request, pk)
    authorise_for(member(request), provider)
    return provider


def own_provider(request: HttpRequest, pk: int) -> Provider:
    """One that the person sets up."""
    provider = access_provider(request, pk)
    authorise_own(member(request), provider)
    return provider


def access_pull(request: HttpRequest, pk: UUID) -> ModelPull:
    rows: Any = ModelPull.objects.visible_to(request.user).select_related("job", "provider")
    pull: ModelPull = get_object_or_404(rows, pk=pk)
    return pull


def find_model(
    request: HttpRequest, name: str, provider_pk: int | None = None, *, manage: bool = False
) -> tuple[Provider, ModelInfo]:
    """The model of that name: at this provider, or at the first that has it."""
    user = access_models(request)
    if manage:
        authorise(user)
    if provider_pk is not None:
        load = managed_provider if manage else access_provider
        providers = [load(request, provider_pk)]
    else:
        providers = queries.providers_in_use(user)
    found = queries.find_model(providers, name)
    if found is None:
        raise Problem("MODEL_MISSING")
    if manage:
        authorise_for(user, found[0])
    return found
