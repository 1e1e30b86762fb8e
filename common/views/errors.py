"""The error pages. Each says what happened, what to do, and the trace id."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from common.http import problems
from common.http.middleware import unavailable


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, "BAD_REQUEST")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, "PERMISSION_DENIED", _detail(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, "NOT_FOUND")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while the exception is still at hand."""
    error = sys.exception()
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, error)
    return problems.respond(request, "INTERNAL_ERROR")


def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    return problems.respond(request, "CSRF_FAILED")


def _detail(exception: Exception) -> str:
    return str(exception)[:300] if exception.args else ""
