"""The organisation's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import member, organization_of, requires
from accounts.actions import change_organization
from accounts.forms import OrganizationForm
from accounts.views.binding import add_errors, status_of
from common.http.htmx import redirect


@require_http_methods(["GET", "HEAD", "POST"])
@requires("accounts.manage_organization")
def edit(request: HttpRequest) -> HttpResponse:
    organization = organization_of(member(request))
    form = OrganizationForm(
        request.POST or None,
        initial={"name": organization.name, "time_zone": organization.time_zone},
    )
    if form.is_bound and form.is_valid():
        try:
            change_organization(actor=member(request), **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The organization is saved."))
            return redirect(request, reverse("accounts:organization"))
    return render(request, "accounts/organization.html", {"form": form}, status=status_of(form))
