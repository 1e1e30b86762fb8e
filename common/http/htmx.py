"""Answers to htmx and to plain browsers from one call."""

from __future__ import annotations

import json
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False)) and not getattr(request.htmx, "boosted", False)  # type: ignore[attr-defined]


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """303 to a browser, ``HX-Redirect`` to htmx (which would follow a 303 inside its swap)."""
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return cast(HttpResponse, response)


def trigger(response: HttpResponse, event: str, detail: Any = None) -> HttpResponse:
    """Add a client event (kebab-case, past tense) to the answer."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[event] = detail
    response["HX-Trigger"] = json.dumps(events)
    return response
