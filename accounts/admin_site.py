"""The admin: our login, and one's own organisation unless one is an operator."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class ScopedAdminSite(admin.AdminSite):
    site_header = gettext_lazy("Report Manager")
    site_title = gettext_lazy("Report Manager admin")
    index_title = gettext_lazy("Administration")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """To the one login page; those who are logged in lack the right, and are told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied(_("The admin pages are for Admins and operators."))
        target = request.GET.get("next") or resolve_url("admin:index")
        login = resolve_url("accounts:login")
        return HttpResponseRedirect(f"{login}?{urlencode({'next': target})}")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(resolve_url("accounts:password-change"))
