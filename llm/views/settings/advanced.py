"""Advanced: how long models stay loaded, and how long an answer may take."""

from __future__ import annotations

from django.conf import settings as installation
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
from llm.actions.settings import set_advanced
from llm.forms.settings.advanced import AdvancedForm
from llm.views.settings import MANAGE
from llm.views.settings.refusals import posted, refused, status_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def advanced(request: HttpRequest) -> HttpResponse:
    user = member(request)
    stored = queries.settings_of(user).advanced
    form = AdvancedForm(
        posted(request),
        defaults=installation.LLM_BUDGETS,
        initial=AdvancedForm.initial_of(stored),
    )
    status = 200
    if form.is_bound and form.is_valid():
        try:
            values = {"use_shared": stored.use_shared} | form.values()
            set_advanced(actor=user, values=values)
        except Problem as problem:
            status = refused(form, problem)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(request, reverse("llm:settings-advanced"))
    status = max(status, status_of(form))
    return render(
        request,
        "llm/settings_advanced.html",
        {"form": form, "seconds": form.seconds()},
        status=status,
    )
