"""Generation defaults: options of the organisation, over those of the installation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import member, requires
from common.http.htmx import redirect
from common.http.problems import Problem
from llm import queries
from llm.actions.settings import set_generation_defaults
from llm.forms.settings.generation import GenerationForm
from llm.views.settings import MANAGE
from llm.views.settings.refusals import posted, refused, status_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def generation(request: HttpRequest) -> HttpResponse:
    """A POST with "reset" takes all of them back."""
    user = member(request)
    settings = queries.settings_of(user)
    form = GenerationForm(
        posted(request),
        installation=settings.installation,
        initial=GenerationForm.initial_of(settings.defaults),
    )
    status = 200
    if request.method == "POST" and "reset" in request.POST:
        set_generation_defaults(actor=user, options={})
        messages.success(request, _("The installation's defaults hold again."))
        return redirect(request, reverse("llm:settings-generation"))
    if form.is_bound and form.is_valid():
        try:
            set_generation_defaults(actor=user, options=form.options())
        except Problem as problem:
            status = refused(form, problem)
        else:
            messages.success(request, _("The defaults are saved."))
            return redirect(request, reverse("llm:settings-generation"))
    context = {"form": form, "differs": bool(settings.defaults.set())}
    status = max(status, status_of(form))
    return render(request, "llm/settings_generation.html", context, status=status)
