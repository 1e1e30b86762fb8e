"""Access: who may use which model, and whether prompts may leave the machine."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import member, requires
from accounts.models import User
from accounts.roles import ROLES
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from llm import queries, survey
from llm.actions.access import set_access
from llm.forms.settings.access import AccessForm
from llm.loaders import access_provider
from llm.models import ModelAccess, Provider
from llm.views.settings import MANAGE
from llm.views.settings.refusals import posted, refused, status_of

PAGE = 50
LONGEST_NAME = 200


@dataclass(frozen=True)
class Line:
    """A model, or with ``model`` "" a whole provider. ``roles`` as its own rule says, () for
    everybody; ``by_provider``: the provider's rule already lets prompts out."""

    provider: Provider
    model: str
    roles: tuple[str, ...] = ()
    external: bool = False
    external_allowed: bool = False
    by_provider: bool = False
    missing: bool = False
    used: bool = True

    @property
    def name(self) -> str:
        return self.model or self.provider.name

    @property
    def url(self) -> str:
        place = reverse("llm:settings-access-rule", args=[self.provider.pk])
        return f"{place}?{urlencode({'name': self.model})}" if self.model else place


@require_safe
@requires(MANAGE)
def access(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:100]
    lines = lines_of(member(request))
    external = any(line.external for line in lines)
    if query:
        lines = [line for line in lines if _fits(line, query)]
    page = Paginator(lines, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": query, "external": external, "many": len(lines) > PAGE or query}
    template = "llm/settings_access.html" + ("#results" if is_htmx(request) else "")
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def access_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Of the model that ``?name=`` says; without one, of the whole provider."""
    line = _line(request, access_provider(request, pk))
    form = AccessForm(
        posted(request),
        external=line.external or line.external_allowed,
        initial=AccessForm.initial_of(line.roles, external_allowed=line.external_allowed),
    )
    status = 200
    if form.is_bound and form.is_valid():
        try:
            _save(member(request), line, form)
        except Problem as problem:
            status = refused(form, problem)
        else:
            messages.success(request, _("Access to %(name)s is saved.") % {"name": line.name})
            return redirect(request, reverse("llm:settings-access"))
    context = {"form": form, "line": line}
    status = max(status, status_of(form))
    return render(request, "llm/settings_access_rule.html", context, status=status)


def lines_of(user: User) -> list[Line]:
    """Providers, each followed by its models; also models with a rule that are not there."""
    rules = _rules(user)
    used = {provider.pk for provider in queries.providers_in_use(user)}
    providers = list(Provider.objects.visible_to(user))
    survey.surveys_of([provider for provider in providers if provider.pk in used])
    return [
        line for provider in providers for line in _of(provider, rules, used=provider.pk in used)
    ]


def _of(provider: Provider, rules: dict[tuple[int, str], ModelAccess], *, used: bool) -> list[Line]:
    known = survey.last_known(provider).models
    remote = {model.name for model in known if model.remote_host}
    named = [name for pk, name in rules if pk == provider.pk and name]
    there = {model.name for model in known}
    whole = rules.get((provider.pk, ""))
    allowed = bool(whole and whole.external_allowed)
    return [
        Line(
            provider=provider,
            model=name,
            roles=_roles(rules.get((provider.pk, name))),
            external=provider.external or name in remote,
            external_allowed=bool((r := rules.get((provider.pk, name))) and r.external_allowed),
            by_provider=bool(name) and allowed,
            missing=bool(name) and name not in there,
            used=used,
        )
        for name in ("", *sorted({*there, *named}, key=str.casefold))
    ]


def _rules(user: User) -> dict[tuple[int, str], ModelAccess]:
    rows = ModelAccess.objects.visible_to(user).prefetch_related("groups")
    return {(row.provider_id, row.model): row for row in rows}


def _roles(rule: ModelAccess | None) -> tuple[str, ...]:
    if rule is None:
        return ()
    names = {group.name for group in rule.groups.all()}
    return tuple(role for role in ROLES if role in names)


def _line(request: HttpRequest, provider: Provider) -> Line:
    """A model need not be there: it may come."""
    name = request.GET.get("name", "").strip()
    if len(name) > LONGEST_NAME:
        raise Http404
    if provider.enabled and survey.last_known(provider).at is None:
        survey.surveys_of([provider])
    lines = _of(provider, _rules(member(request)), used=True)
    found = next((line for line in lines if line.model == name), None)
    return found or Line(provider, name, external=provider.external, missing=True)


def _save(actor: User, line: Line, form: AccessForm) -> None:
    set_access(
        actor=actor,
        provider=line.provider,
        model=line.model,
        groups=Group.objects.filter(name__in=form.chosen),
        external_allowed=form.cleaned_data.get("external_allowed", False),
    )


def _fits(line: Line, query: str) -> bool:
    folded = query.casefold()
    return folded in line.model.casefold() or folded in line.provider.name.casefold()
