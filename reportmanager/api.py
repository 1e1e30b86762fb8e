"""The API under ``/api/v1``: one NinjaAPI, a router from each app, problem JSON for every error."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError
from ninja.errors import ValidationError as BodyError

from accounts.api_auth import AUTH
from catalog.api import router as catalog_router
from common.http.problems import Problem, json_response
from llm.api import router as llm_router
from reportmanager.api_jobs import router as jobs_router
from wizard.api import router as wizard_router

api = NinjaAPI(
    title="Report Manager",
    version="1",
    description=(
        "Data sources, reports, dashboards, the wizard and models. Errors are problem JSON."
    ),
    auth=AUTH,
    docs_url="/docs",
    urls_namespace="api",
)
api.add_router("", catalog_router)
api.add_router("", llm_router)
api.add_router("/wizard", wizard_router)
api.add_router("/jobs", jobs_router)


@api.exception_handler(Problem)
def problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return json_response(error)


@api.exception_handler(BodyError)
def invalid_body(request: HttpRequest, error: BodyError) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for item in error.errors:
        place = ".".join(str(part) for part in item["loc"] if part not in {"body", "query", "path"})
        fields.setdefault(place or "body", []).append(str(item["msg"]))
    return json_response(Problem("VALIDATION_FAILED", fields=fields))


@api.exception_handler(ValidationError)
def invalid_value(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = error.message_dict if hasattr(error, "error_dict") else {"body": error.messages}
    return json_response(Problem("VALIDATION_FAILED", fields=fields))


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return json_response(Problem("NOT_FOUND"))


@api.exception_handler(PermissionDenied)
def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return json_response(Problem("PERMISSION_DENIED", str(error)))


@api.exception_handler(AuthenticationError)
def anonymous(request: HttpRequest, error: Any) -> HttpResponse:
    return json_response(Problem("NOT_AUTHENTICATED"))


@api.exception_handler(AuthorizationError)
def unauthorised(request: HttpRequest, error: Any) -> HttpResponse:
    return json_response(Problem("PERMISSION_DENIED"))


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {403: "CSRF_FAILED", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 429: "RATE_LIMITED"}
    return json_response(Problem(codes.get(error.status_code, "BAD_REQUEST"), str(error)))
