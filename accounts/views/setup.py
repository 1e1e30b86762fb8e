"""The first run: an organisation and its Admin, for whoever can read the server's log."""

from __future__ import annotations

from django.contrib import auth
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actions import complete_setup, setup_is_open
from accounts.forms import SetupForm
from accounts.throttle import attempt
from accounts.views.binding import add_errors, status_of, too_many
from common.http.htmx import redirect
from common.http.problems import Problem


@sensitive_post_parameters("password", "repeated", "token")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if not setup_is_open():
        raise Http404
    form = SetupForm(request.POST or None, initial={"token": request.GET.get("token", "")})
    if form.is_bound and form.is_valid():
        try:
            attempt(request, "setup", scope="setup").charge()
        except Problem as problem:
            return too_many(request, "accounts/setup.html", form, problem)
        if _complete(request, form):
            return redirect(request, "/")
    return render(request, "accounts/setup.html", {"form": form}, status=status_of(form))


def _complete(request: HttpRequest, form: SetupForm) -> bool:
    values = {name: form.cleaned_data[name] for name in form.fields if name != "repeated"}
    try:
        admin = complete_setup(**values)
    except ValidationError as error:
        add_errors(form, error)
        return False
    auth.login(request, admin, backend="accounts.backends.EmailBackend")
    return True
