"""The Models page, and what is done with a single model.

Names of models hold slashes and colons, so a model is named in the query: ``?provider=1&name=…``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member
from accounts.models import Organization, User
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from llm import queries
from llm.actions.models import (
    KEEP_ALIVES,
    consequences_of_deleting,
    delete_model,
    load_model,
    unload_model,
)
from llm.actions.settings import set_model_setting
from llm.forms.models import DeletionForm, LoadingForm, ModelSettingForm, PullForm, TrialForm
from llm.loaders import access_models, access_provider, managed_provider
from llm.models import ModelPull, Provider
from llm.providers.base import Capability
from llm.views.purposes import purpose_names

FILTERED_FROM = 13
"""With so many models there is a field to find one."""
LONGEST_QUERY = 200


@require_safe
def model_list(request: HttpRequest) -> HttpResponse:
    """Everything about models; a region of it to htmx."""
    user = access_models(request)
    target = getattr(request.htmx, "target", None) or ""  # type: ignore[attr-defined]
    if is_htmx(request) and target == "pulls":
        return render(request, "llm/model_list.html#pulls", pulls_context(queries.pulls_of(user)))
    context = list_context(request, form=PullForm(providers=[]), q=request.GET.get("q", ""))
    name = "llm/model_list.html" + ("#models" if is_htmx(request) else "")
    return render(request, name, context)


def list_context(request: HttpRequest, *, form: PullForm, q: str = "") -> dict[str, Any]:
    """What the page shows; ``form`` may carry what was wrong with it, ``q`` is a part of names."""
    user = access_models(request)
    overview = queries.Overview(user)
    cards, rows = overview.cards, overview.models
    into = [
        card
        for card in cards
        if card.used and card.can_manage and Capability.PULL in card.capabilities
    ]
    into.sort(key=lambda card: not card.survey.answers)
    form.offer([card.provider for card in into])
    loaded = [row for row in rows if row.is_loaded and not row.stale]
    answering = any(card.used and card.survey.answers for card in cards)
    q = q.strip()[:LONGEST_QUERY]
    used = [card for card in cards if card.used]
    return {
        **pulls_context(overview.pulls),
        "cards": used,
        "several": len(used) > 1,
        "answering": answering,
        "was_here": any(card.provider.seen_at for card in used),
        "models": [row for row in rows if _matches(row, q)],
        "total": len(rows),
        "filterable": len(rows) >= FILTERED_FROM or bool(q),
        "filtering": request.htmx.trigger == "model-filter",  # type: ignore[attr-defined]
        "q": q,
        "loaded": loaded,
        "missing": _missing(user, rows) if answering else [],
        "form": form,
        "may_pull": bool(into),
        "pullable": any(card.survey.answers for card in into),
        "managing": any(card.used and card.can_manage for card in cards),
        "manages": user.has_perm("llm.manage_models"),
        "vram": sum(row.running.vram for row in loaded if row.running),
        "topics": (f"models:{user.organization_id}", "models:shared"),
    }


def pulls_context(pulls: list[ModelPull], *, acted: UUID | None = None) -> dict[str, Any]:
    """The downloads. ``acted``: what the reader has just done concerns this one."""
    return {
        "pulls": pulls,
        "pulling": any(pull.is_active for pull in pulls),
        "several_servers": len({pull.provider_id for pull in pulls}) > 1,
        "acted": acted,
        "acted_shown": any(pull.pk == acted for pull in pulls),
    }


def _missing(user: User, rows: list[queries.InstalledModel]) -> list[dict[str, str]]:
    return [
        {"model": each.model, "state": each.state, "why": _wanted(each)}
        for each in queries.missing_models(user, rows)
    ]


def _wanted(each: queries.MissingModel) -> str:
    """Who wants it: "preferred for Conversations", "named by 3 conversations"."""
    parts = []
    if each.purposes:
        parts.append(_("preferred for %(what)s") % {"what": purpose_names(each.purposes)})
    if each.uses:
        parts.append(_("named by %(what)s") % {"what": ", ".join(each.uses)})
    return ", ".join(parts)


def _matches(row: queries.InstalledModel, q: str) -> bool:
    words = f"{row.name} {row.info.family} {row.provider.name}".casefold()
    return all(word in words for word in q.casefold().split())


@require_safe
def model_detail(request: HttpRequest) -> HttpResponse:
    provider, name = named_model(request)
    detail = queries.model_detail(member(request), provider.pk, name)
    if detail is None:
        raise Http404
    setting = detail.row.setting
    initial = {
        "context_window": setting.context_window if setting else None,
        "parallel": setting.parallel if setting else None,
    }
    return _detail_page(request, detail, ModelSettingForm(initial=initial))


@require_POST
def model_setting(request: HttpRequest) -> HttpResponse:
    """The context window and how many at a time: of the model, for whoever calls it."""
    provider, name = named_model(request, manage=True)
    form = ModelSettingForm(request.POST)
    if form.is_valid():
        try:
            set_model_setting(
                actor=member(request), provider=provider, model=name, **form.cleaned_data
            )
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, _("The settings of %(name)s are saved.") % {"name": name})
            return redirect(request, _detail_url(provider, name))
    detail = queries.model_detail(member(request), provider.pk, name)
    if detail is None:
        raise Http404
    return _detail_page(request, detail, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def model_loading(request: HttpRequest) -> HttpResponse:
    """Ask for how long it is to stay, then load it."""
    provider, name = named_model(request, manage=True)
    form = LoadingForm(request.POST or None, choices=KEEP_ALIVES)
    if form.is_bound and form.is_valid():
        try:
            load_model(
                actor=member(request),
                provider=provider,
                name=name,
                keep_alive=form.cleaned_data["keep_alive"],
            )
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, _("%(name)s is loaded.") % {"name": name})
            return redirect(request, reverse("llm:model-list"))
    context = {"form": form, "provider": provider, "name": name}
    return render(request, "llm/model_loading.html", context, status=_status(form))


@require_POST
def model_unloading(request: HttpRequest) -> HttpResponse:
    provider, name = named_model(request, manage=True)
    try:
        unload_model(actor=member(request), provider=provider, name=name)
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, _("%(name)s is unloaded.") % {"name": name})
    return redirect(request, reverse("llm:model-list"))


@require_http_methods(["GET", "HEAD", "POST"])
def model_deletion(request: HttpRequest) -> HttpResponse:
    """Say what uses it, ask for its name, delete it."""
    provider, name = named_model(request, manage=True)
    form = DeletionForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            delete_model(
                actor=member(request),
                provider=provider,
                name=name,
                confirmation=form.cleaned_data["confirmation"],
            )
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, _("%(name)s was deleted.") % {"name": name})
            return redirect(request, reverse("llm:model-list"))
    consequences = consequences_of_deleting(member(request), provider, name)
    context = {
        "form": form,
        "provider": provider,
        "name": name,
        "consequences": consequences,
        "preferred_for": purpose_names(consequences.preferences),
        "concerns_others": provider.is_shared and Organization.objects.count() > 1,
    }
    return render(request, "llm/model_deletion.html", context, status=_status(form))


def _detail_page(
    request: HttpRequest, detail: queries.ModelDetail, form: ModelSettingForm, *, status: int = 200
) -> HttpResponse:
    row = detail.row
    tries = request.user.has_perm("llm.manage_models") and row.allowed and not row.stale
    trial = TrialForm() if tries and row.can_answer else None
    context = {"detail": detail, "row": row, "form": form, "trial": trial}
    return render(request, "llm/model_detail.html", context, status=status)


def named_model(request: HttpRequest, *, manage: bool = False) -> tuple[Provider, str]:
    """The provider and the name in the query; 404 for anything else."""
    pk, name = request.GET.get("provider", ""), request.GET.get("name", "").strip()
    if not (pk.isascii() and pk.isdigit() and len(pk) < 10 and 0 < len(name) <= 200):
        raise Http404
    load = managed_provider if manage else access_provider
    return load(request, int(pk)), name


def _detail_url(provider: Provider, name: str) -> str:
    query = urlencode({"provider": provider.pk, "name": name})
    return f"{reverse('llm:model-detail')}?{query}"


def _status(form: LoadingForm | DeletionForm) -> int:
    return 422 if form.is_bound and form.errors else 200
