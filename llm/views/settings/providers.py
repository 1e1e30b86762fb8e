"""A provider of the organisation: added, tried out, changed, removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member, requires
from common.http.codes import CODES
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from llm import survey
from llm.actions.probe import TestResult, probe_provider, probe_saved_provider
from llm.actions.providers import create_provider, delete_provider, update_provider
from llm.forms.settings.providers import VALUES, ProbeForm, ProviderForm
from llm.loaders import access_provider, own_provider
from llm.models import ModelAccess, ModelSetting, Provider
from llm.views.settings import MANAGE, connection
from llm.views.settings.refusals import posted, refused, status_of

PAGE = "llm/provider_form.html"
RESULT = "llm/provider_test.html"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def provider_create(request: HttpRequest) -> HttpResponse:
    form = ProviderForm(posted(request))
    status = 200
    if form.is_bound and form.is_valid():
        try:
            provider = create_provider(actor=member(request), **form.values())
        except Problem as problem:
            status = refused(form, problem)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": provider})
            return redirect(request, reverse("llm:settings-connection"))
    return _page(request, form, status=max(status, status_of(form)))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def provider_edit(request: HttpRequest, pk: int) -> HttpResponse:
    provider = own_provider(request, pk)
    if request.method != "POST":
        return _page(request, ProviderForm.of(provider), provider)
    form = ProviderForm(request.POST, provider=provider)
    status = 200
    if form.is_valid():
        try:
            _update(request, provider, form)
        except Problem as problem:
            if problem.code == "CONFLICT":
                return _changed_meanwhile(request, provider, form, problem)
            status = refused(form, problem)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": provider})
            return redirect(request, reverse("llm:settings-connection"))
    return _page(request, form, provider, status=max(status, status_of(form)))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def provider_deletion(request: HttpRequest, pk: int) -> HttpResponse:
    provider = own_provider(request, pk)
    if request.method == "POST":
        try:
            delete_provider(actor=member(request), provider=provider)
        except Problem as problem:
            messages.error(request, problem.detail)
            return redirect(request, reverse("llm:provider-edit", args=[pk]))
        messages.success(request, _("“%(name)s” is removed.") % {"name": provider})
        return redirect(request, reverse("llm:settings-connection"))
    context = {"provider": provider, "impact": _impact(provider)}
    return render(request, "llm/provider_deletion.html", context)


@require_POST
@requires(MANAGE)
def provider_test(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """What was typed; without any values, the provider as it is saved."""
    if pk is not None and "kind" not in request.POST:
        return _test_saved(request, access_provider(request, pk))
    provider = None if pk is None else own_provider(request, pk)
    result, status = _probe(request, provider)
    if is_htmx(request):
        return render(request, RESULT, {"result": result}, status=status)
    form = ProviderForm.typed(request.POST, provider)
    return _page(request, form, provider, result=result, status=status)


def _test_saved(request: HttpRequest, provider: Provider) -> HttpResponse:
    try:
        result = probe_saved_provider(actor=member(request), provider=provider)
    except Problem as problem:
        result = TestResult(False, (problem.detail,), code=problem.code)
    if is_htmx(request):
        return render(request, RESULT, {"result": result, "tested": provider})
    return connection.page(request, tested=provider, result=result)


def _probe(request: HttpRequest, provider: Provider | None) -> tuple[TestResult, int]:
    """The result and the status: a server that does not answer is an answer too."""
    form = ProbeForm(request.POST)
    if form.is_valid():
        try:
            return probe_provider(
                actor=member(request), provider=provider, **form.cleaned_data
            ), 200
        except Problem as problem:
            status = refused(form, problem)
            return TestResult(False, _complaints(form), code=problem.code), status
    status = CODES["VALIDATION_FAILED"].status
    return TestResult(False, _complaints(form), code="VALIDATION_FAILED"), status


def _complaints(form: ProbeForm) -> tuple[str, ...]:
    found = [str(sentence) for sentence in form.non_field_errors()]
    for bound in form:
        found += [f"{bound.label}: {sentence}" for sentence in bound.errors]
    return tuple(found)


def _update(request: HttpRequest, provider: Provider, form: ProviderForm) -> None:
    update_provider(
        actor=member(request),
        provider=provider,
        expected_version=form.cleaned_data["version"] or 0,
        clear_api_key=form.cleaned_data.get("clear_api_key", False),
        **form.values(),
    )


def _changed_meanwhile(
    request: HttpRequest, provider: Provider, form: ProviderForm, problem: Problem
) -> HttpResponse:
    """What was typed stays, what is stored is told: to save again is to decide for the former."""
    stored = ProviderForm.of(provider)
    data = request.POST.copy()
    data["version"] = str(provider.version)
    shown = ProviderForm(data, provider=provider)
    shown.take(problem)
    others = [
        (stored.fields[name].label, _spoken(stored, name))
        for name in VALUES
        if form.cleaned_data[name] != getattr(provider, name)
    ]
    return _page(request, shown, provider, others=others, status=CODES[problem.code].status)


def _spoken(form: ProviderForm, name: str) -> str:
    value = form.initial[name]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))


def _impact(provider: Provider) -> list[str]:
    """What goes with it."""
    models = len(survey.last_known(provider).models)
    rules = ModelAccess.objects.filter(provider=provider).count()
    rules += ModelSetting.objects.filter(provider=provider).count()
    lines = []
    if models:
        words = ngettext(
            "%(n)d model can no longer be used from here",
            "%(n)d models can no longer be used from here",
            models,
        )
        lines.append(words % {"n": models})
    if rules:
        words = ngettext(
            "%(n)d setting about its models is lost",
            "%(n)d settings about its models are lost",
            rules,
        )
        lines.append(words % {"n": rules})
    return lines


def _page(
    request: HttpRequest, form: ProviderForm, provider: Provider | None = None, **more: Any
) -> HttpResponse:
    status = more.pop("status", 200)
    if provider is None:
        test_url = reverse("llm:provider-test")
    else:
        test_url = reverse("llm:provider-test", args=[provider.pk])
    context = {"form": form, "provider": provider, "test_url": test_url, **more}
    return render(request, PAGE, context, status=status)
