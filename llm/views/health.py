"""Health: what each provider says, what the machine does, and for Admins what models are used."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from common.http.htmx import is_htmx
from llm import queries
from llm.loaders import access_models
from llm.views.purposes import purpose_name

DAYS = (7, 30, 90)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    user = access_models(request)
    manages = user.has_perm("llm.manage_models")
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(day) for day in DAYS} else DAYS[0]
    overview = queries.Overview(user)
    context = {
        "cards": overview.cards,
        "server": queries.server_load(overview.rows.providers),
        "usage": _usage(user, days) if manages else None,
        "days": days,
        "choices": DAYS,
        "topics": (f"models:{user.organization_id}", "models:shared"),
    }
    return render(request, "llm/health.html" + ("#state" if is_htmx(request) else ""), context)


def _usage(user: User, days: int) -> queries.Usage:
    found = queries.usage(user, days)
    lines = [replace(line, label=purpose_name(line.label)) for line in found.by_purpose]
    return replace(found, by_purpose=lines)
