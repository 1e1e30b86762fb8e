"""Logging in and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import setup_is_open
from accounts.forms import LoginForm
from accounts.throttle import attempt
from accounts.views.binding import status_of
from common.http.htmx import redirect
from common.http.problems import Problem
from common.realtime import recheck_user


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    target = _local_path(request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated and request.method != "POST":
        return redirect(request, target or resolve_url(settings.LOGIN_REDIRECT_URL))
    form = LoginForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            _authenticate(request, form)
        except Problem as problem:
            form.add_error(None, problem.detail)
            return _page(request, form, target, 429, problem.headers)
        if form.is_valid():
            return redirect(request, target or resolve_url(settings.LOGIN_REDIRECT_URL))
    return _page(request, form, target, status_of(form), {})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    user_id = request.user.pk
    auth.logout(request)
    recheck_user(user_id)
    messages.success(request, _("You are logged out."))
    return redirect(request, resolve_url(settings.LOGOUT_REDIRECT_URL))


def _authenticate(request: HttpRequest, form: LoginForm) -> None:
    """Log in, or say the same of a wrong password as of an account that does not exist."""
    email, password = form.cleaned_data["email"], form.cleaned_data["password"]
    tried = attempt(request, email)
    tried.charge()
    user = auth.authenticate(request, username=email, password=password)
    if user is None:
        form.add_error(None, _("The e-mail address or the password is not right."))
        return
    tried.give_back()
    auth.login(request, user)


def _page(
    request: HttpRequest, form: LoginForm, target: str, status: int, headers: dict[str, str]
) -> HttpResponse:
    context = {
        "form": form,
        "next": target,
        "demo": not settings.PRODUCTION,
        "setup": setup_is_open(),
    }
    response = render(request, "accounts/login.html", context, status=status)
    for name, value in headers.items():
        response[name] = value
    return response


def _local_path(url: str) -> str:
    """The address when it is a path of this site, else nothing."""
    local = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if local else ""
