"""Where one is logged in."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member
from accounts.actions import end_session
from accounts.sessions import devices_of
from common.http.htmx import redirect


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    devices = devices_of(member(request), request.session.session_key)
    return render(request, "accounts/session_list.html", {"devices": devices})


@require_POST
def end(request: HttpRequest, key: str) -> HttpResponse:
    devices = devices_of(member(request), request.session.session_key)
    device = next((device for device in devices if device.key == key), None)
    if device is None:
        raise Http404
    end_session(actor=member(request), session=device.session)
    messages.success(request, _("This browser is logged out."))
    return redirect(request, reverse("accounts:session-list"))
