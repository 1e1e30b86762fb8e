"""Middleware of accounts: log in first; the person's zone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone

from accounts.sessions import note_device
from common.http.htmx import is_htmx

Handler = Callable[[HttpRequest], HttpResponse]
PUBLIC = (
    "/login/",
    "/logout/",
    "/setup/",
    "/password/",
    "/settings/theme/",
    "/healthz",
    "/readyz",
    "/static/",
    "/admin/",
    "/api/",
)


def login_required(get_response: Handler) -> Handler:
    """Every page asks for a login but those named here; the admin and the API ask by themselves."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PUBLIC) or request.user.is_authenticated:
            return get_response(request)
        if is_htmx(request):
            # Afterwards back to the page the fragment was asked for by, not to the fragment.
            target = _login_url(urlsplit(request.headers.get("HX-Current-URL", "")).path)
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        target = _login_url(request.get_full_path())
        return HttpResponse(status=302, headers={"Location": target})

    return middleware


def _login_url(next_path: str) -> str:
    login = resolve_url(settings.LOGIN_URL)
    return f"{login}?next={quote(next_path)}" if next_path not in {"", "/"} else login


def preferences(get_response: Handler) -> Handler:
    """Show dates in the person's time zone, and note their browser for the list of sessions."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return get_response(request)
        note_device(request)
        with timezone.override(_zone(request.user.time_zone)):
            return get_response(request)

    return middleware


def _zone(name: str) -> ZoneInfo:
    """The zone, or UTC when this machine's time zone data does not know it (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
