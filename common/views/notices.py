"""Dismiss a notice of the frame."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from common import notices
from common.http.htmx import is_htmx, redirect


@require_POST
def notice_dismissal(request: HttpRequest, key: str) -> HttpResponse:
    """Not again in this session; back to the page it was on."""
    if not notices.dismiss(request, key, request.POST.get("seen", "")):
        return HttpResponse(status=422)
    if is_htmx(request):
        return render(request, "components/notice_dismissed.html", {"key": key})
    return redirect(request, _back(request))


def _back(request: HttpRequest) -> str:
    """An address of this site only."""
    url = request.POST.get("next", "")
    local = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if local else "/"
