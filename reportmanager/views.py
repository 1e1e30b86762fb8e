"""Home, the command palette, and the probes."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common import shell
from common.jobs import health as jobs_health


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"sections": shell.home_sections(request)})


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Entries for the typed text, best first; a whole page without JavaScript."""
    query = request.GET.get("q", "").strip()[:100]
    entries = shell.palette_entries(request.user, query)
    template = "components/palette_results.html" if request.htmx else "palette.html"  # type: ignore[attr-defined]
    return render(request, template, {"entries": entries, "q": query})


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: the database answers and jobs can run. 503 names what is missing."""
    checks: dict[str, Any] = {"database": _database(), "jobs": jobs_health.state()}
    ready = all(check == "ok" for check in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return "ok"
