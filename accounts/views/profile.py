"""Name and time zone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import member
from accounts.actions import save_profile
from accounts.forms import ProfileForm
from accounts.views.binding import status_of
from common.http.htmx import redirect


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    user = member(request)
    form = ProfileForm(
        request.POST or None, initial={"name": user.name, "time_zone": user.time_zone}
    )
    if form.is_bound and form.is_valid():
        save_profile(actor=user, **form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect(request, reverse("accounts:profile"))
    return render(request, "accounts/profile.html", {"form": form}, status=status_of(form))
