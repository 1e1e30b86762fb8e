"""Changing a password, and setting one by a link that was mailed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import member
from accounts.actions import change_password
from accounts.forms import ChangePasswordForm, SetPasswordForm
from accounts.throttle import attempt
from accounts.views.binding import INVALID, status_of, too_many
from common.http.htmx import redirect
from common.http.problems import Problem


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: HttpRequest) -> HttpResponse:
    user = member(request)
    form = ChangePasswordForm(user, request.POST or None)
    if form.is_bound and form.is_valid():
        change_password(actor=user, password=form.cleaned_data["password"])
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Other browsers are logged out."))
        return redirect(request, reverse("accounts:profile"))
    return render(request, "accounts/password_change.html", {"form": form}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Mails a link if there is such an account, and says the same if there is none."""
    form = PasswordResetForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            attempt(request, form.cleaned_data["email"], scope="reset").charge()
        except Problem as problem:
            return too_many(request, "accounts/password_reset.html", form, problem)
        form.save(
            domain_override=urlsplit(settings.BASE_URL).netloc,
            use_https=settings.BASE_URL.startswith("https://"),
            subject_template_name="accounts/mail/reset_subject.txt",
            email_template_name="accounts/mail/reset.txt",
        )
        return redirect(request, reverse("accounts:password-reset-sent"))
    return render(request, "accounts/password_reset.html", {"form": form}, status=status_of(form))


@require_safe
def reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/password_reset_sent.html")


class SetPassword(PasswordResetConfirmView):
    """The page behind the link of an invitation or a reset; the link works once."""

    form_class = SetPasswordForm  # type: ignore[assignment]
    template_name = "accounts/password_set.html"
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is set. Log in with it."))
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=INVALID)
