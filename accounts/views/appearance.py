"""Theme and density, kept with the account, or in this browser for people not logged in."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member
from accounts.actions import save_appearance
from accounts.forms import AppearanceForm, ThemeForm
from accounts.views.binding import INVALID, status_of
from common import shell
from common.http.htmx import redirect

YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    frame = shell.Shell(request)
    form = AppearanceForm(
        request.POST or None, initial={"theme": frame.theme.key, "density": frame.density}
    )
    if form.is_bound and form.is_valid():
        save_appearance(actor=member(request), **form.cleaned_data)
        messages.success(request, _("The appearance is saved."))
        return _remember(redirect(request, reverse("accounts:appearance")), form.cleaned_data)
    return render(request, "accounts/appearance.html", {"form": form}, status=status_of(form))


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """The switch in the user menu. Answers 204 to scripts, else goes back to the page."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=INVALID)
    if request.user.is_authenticated:
        save_appearance(actor=member(request), **form.cleaned_data)
    back = request.POST.get("next", "")
    local = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = redirect(request, back) if local else HttpResponse(status=204)
    return _remember(response, form.cleaned_data)


def _remember(response: HttpResponse, chosen: dict[str, str]) -> HttpResponse:
    """Also in a cookie, so that the login page looks like the rest."""
    for name in ("theme", "density"):
        if chosen.get(name):
            response.set_cookie(
                f"rm_{name}",
                chosen[name],
                max_age=YEAR,
                secure=settings.SECURE_TLS,
                httponly=True,
                samesite="Lax",
            )
    return response
