"""Middleware of the kernel: the trace of a request, and a database that is away."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from common import trace as tracing
from common.http import problems

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger(__name__)


def trace(get_response: Handler) -> Handler:
    """Enter the request's trace (``traceparent`` in, ``X-Trace-Id`` out) and origin."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = tracing.parse_traceparent(request.headers.get("traceparent", ""))
        with tracing.scope(origin=_origin(request.path), trace_id=given or tracing.new_trace_id()):
            response = get_response(request)
            response["X-Trace-Id"] = tracing.trace_id()
            response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
            response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            response.setdefault("Cache-Control", "private, no-cache")
            return response

    return middleware


def problem_pages(get_response: Handler) -> Handler:
    """A lost database is a 503 that says so and tries again; a ``Problem`` is its own page.

    This sees what views raise; what middleware raises comes to ``common.views.errors``.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405:
            _explain(request, response)
        return response

    middleware.process_exception = _process_exception  # type: ignore[attr-defined]
    return middleware


def no_null_characters(get_response: Handler) -> Handler:
    """Refuse the character that no text of ours holds and that PostgreSQL cannot store (400).

    Looked for where it is written: addresses, form fields and JSON. Uploads are not text.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if _has_null_character(request):
            return problems.respond(request, "BAD_REQUEST")
        return get_response(request)

    return middleware


def _process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, error)
    if isinstance(error, problems.Problem):
        response = problems.respond(request, error.code, error.detail)
        for name, value in error.headers.items():
            response[name] = value
        return response
    return None


def _explain(request: HttpRequest, response: HttpResponse) -> None:
    """A wrong method is answered by decorators and libraries, with nothing or plain text."""
    problem = problems.respond(request, "METHOD_NOT_ALLOWED")
    response.content = problem.content
    response["Content-Type"] = problem["Content-Type"]
    response["Content-Length"] = str(len(problem.content))


def unavailable(request: HttpRequest, error: DatabaseError | InterfaceError) -> HttpResponse:
    """The answer when the database is away; needs none itself."""
    log.error("database unavailable", error=type(error).__name__, detail=str(error)[:200])
    return problems.respond(request, "SERVICE_UNAVAILABLE")


def _has_null_character(request: HttpRequest) -> bool:
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    if request.content_type == "multipart/form-data":
        return False
    written = b"%00" if request.content_type == "application/x-www-form-urlencoded" else b"\\u0000"
    return written in request.body or b"\0" in request.body


def _origin(path: str) -> tracing.Origin:
    if path.startswith("/api/"):
        return "api"
    return "admin" if path.startswith("/admin/") else "page"
