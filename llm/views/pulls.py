"""Downloads: started here, followed on the Models page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import member
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from llm import queries
from llm.actions.base import authorise
from llm.actions.pulls import cancel_pull, dismiss_pull, resume_pull, start_pull
from llm.forms.models import PullForm
from llm.loaders import access_models, access_pull, managed_provider
from llm.views.models import list_context, pulls_context


@require_POST
def pull_create(request: HttpRequest) -> HttpResponse:
    """Start it; what is wrong with the name is said beside it."""
    user = access_models(request)
    authorise(user)
    form = PullForm(request.POST, providers=[])
    form.offer([card.provider for card in queries.provider_cards(user) if card.used])
    if form.is_valid():
        provider = managed_provider(request, int(form.cleaned_data["provider"]))
        try:
            pull = start_pull(actor=user, provider=provider, name=form.cleaned_data["name"])
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, _("%(name)s is being downloaded.") % {"name": pull.name})
            return redirect(request, reverse("llm:model-list"))
    return render(request, "llm/model_list.html", list_context(request, form=form), status=422)


@require_POST
def pull_cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, cancel_pull)


@require_POST
def pull_resumption(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, resume_pull)


@require_POST
def pull_dismissal(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, dismiss_pull)


def _act(request: HttpRequest, pk: UUID, action: Callable[..., Any]) -> HttpResponse:
    """The list again to htmx, the page to a browser."""
    access_models(request)
    pull = access_pull(request, pk)
    try:
        if action(actor=member(request), pull=pull) is False:
            messages.info(request, _("It had ended already."))
    except Problem as problem:
        messages.error(request, problem.detail)
    if is_htmx(request):
        context = {**pulls_context(queries.pulls_of(member(request)), acted=pk), "toasts": True}
        return render(request, "llm/model_list.html#pulls", context)
    return redirect(request, reverse("llm:model-list"))
