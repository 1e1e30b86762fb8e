"""Connection: the servers in the order they are asked, and whether shared ones are used."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member, requires
from common.http.htmx import is_htmx, redirect
from llm import queries
from llm.actions.probe import TestResult
from llm.actions.settings import set_advanced
from llm.loaders import own_provider
from llm.models import Provider
from llm.views.settings import MANAGE
from llm.views.settings.ordering import move

PAGE = "llm/settings_connection.html"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def connection(request: HttpRequest) -> HttpResponse:
    """A POST switches the shared providers on or off."""
    if request.method != "POST":
        return page(request)
    user = member(request)
    use_shared = request.POST.get("use_shared") == "on"
    values = queries.settings_of(user).advanced.model_dump(mode="json")
    set_advanced(actor=user, values=values | {"use_shared": use_shared})
    on, off = _("Shared providers are used."), _("Shared providers are not used any more.")
    messages.success(request, on if use_shared else off)
    return redirect(request, reverse("llm:settings-connection"))


@require_POST
@requires(MANAGE)
def provider_order(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    provider = own_provider(request, pk)
    if not move(actor=member(request), provider=provider, up=request.POST.get("to") == "up"):
        messages.info(request, _("It cannot go further."))
    if is_htmx(request):
        return page(request, moved=provider)
    return redirect(request, reverse("llm:settings-connection"))


def page(
    request: HttpRequest,
    *,
    moved: Provider | None = None,
    tested: Provider | None = None,
    result: TestResult | None = None,
) -> HttpResponse:
    """The list alone to htmx."""
    user = member(request)
    overview = queries.Overview(user)
    cards = overview.cards
    context: dict[str, Any] = {
        "cards": cards,
        "own": [card for card in cards if not card.provider.is_shared],
        "has_shared": any(card.provider.is_shared for card in cards),
        "use_shared": overview.rows.advanced.use_shared,
        "used": any(card.used for card in cards),
        "answering": any(card.used and card.survey.answers for card in cards),
        "moved": moved.pk if moved else None,
        "tested": tested,
        "result": result,
        "topics": (f"models:{user.organization_id}", "models:shared"),
        "fragment": is_htmx(request),
    }
    return render(request, PAGE + ("#providers" if is_htmx(request) else ""), context)
