"""Problem JSON for the API and its page for people, from one table of codes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from common import trace
from common.http.codes import CODES
from common.shell import Shell


class Problem(Exception):
    """Raised anywhere below a view or an API operation to answer with a code.

    ``detail`` is a sentence for people; ``fields`` maps a field to its messages.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        fields: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail
        self.fields = fields or {}
        self.headers = headers or {}


def body(code: str, detail: str = "", fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "code": code,
        "message": str(CODES[code].message),
        "detail": detail or str(CODES[code].next_step),
        "traceId": trace.trace_id(),
    }
    return problem | ({"fields": fields} if fields else {})


def json_response(problem: Problem) -> JsonResponse:
    return JsonResponse(
        body(problem.code, problem.detail, problem.fields),
        status=CODES[problem.code].status,
        content_type="application/problem+json",
        headers=problem.headers,
    )


def respond(request: HttpRequest, code: str, detail: str = "") -> HttpResponse:
    """The problem as JSON to programs, as a page to people; needs no database."""
    if wants_json(request):
        return json_response(Problem(code, detail))
    entry = CODES[code]
    context = {
        "code": code,
        "status": entry.status,
        "message": entry.message,
        "detail": detail,
        "next_step": entry.next_step,
        "trace_id": trace.trace_id(),
        "retry": code == "SERVICE_UNAVAILABLE",
        # The reader's theme takes a look at the account: not when the database may be the trouble.
        "shell": Shell(request) if entry.status < 500 else None,
    }
    headers = {"Retry-After": "5", "Refresh": "5"} if code == "SERVICE_UNAVAILABLE" else {}
    return HttpResponse(
        render_to_string("errors/problem.html", context), status=entry.status, headers=headers
    )


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith(
        ("application/json", "application/problem+json")
    )
