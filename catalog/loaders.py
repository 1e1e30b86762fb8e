"""The first line of every view: (request, id) becomes an object the person may touch.

Another organisation's id, a hidden project's and a trashed item's are 404; a role too low is 403.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404

from accounts.permissions import require
from catalog import queries
from catalog.models import CatalogItem, Dashboard, DataSource, Report, Schedule, Upload

_I = TypeVar("_I", bound=CatalogItem)
MODELS: dict[str, type[CatalogItem]] = {
    "source": DataSource,
    "report": Report,
    "dashboard": Dashboard,
    "schedule": Schedule,
}


def access_source(request: HttpRequest, pk: int, verb: str = "view") -> DataSource:
    return _load(
        request, queries.source_with_tables(request.user), pk, f"catalog.{verb}_datasource"
    )


def access_report(request: HttpRequest, pk: int, verb: str = "view") -> Report:
    return _load(request, queries.report_with_source(request.user), pk, f"catalog.{verb}_report")


def access_dashboard(request: HttpRequest, pk: int, verb: str = "view") -> Dashboard:
    rows = queries.dashboard_with_widgets(request.user)
    return _load(request, rows, pk, f"catalog.{verb}_dashboard")


def access_schedule(request: HttpRequest, pk: int, verb: str = "view") -> Schedule:
    return _load(request, queries.schedules_of(request.user), pk, f"catalog.{verb}_schedule")


def access_item(request: HttpRequest, kind: str, pk: int, verb: str) -> CatalogItem:
    """Any live item by its kind, for what is the same for all."""
    model: Any = MODELS[kind]
    rows = model.objects.visible_to(request.user).select_related("project", "owner")
    item: CatalogItem = _load(request, rows, pk, f"catalog.{verb}_{model._meta.model_name}")
    return item


def access_trashed(request: HttpRequest, kind: str, pk: int) -> CatalogItem:
    model: Any = MODELS[kind]
    rows = model.objects.trash_of(request.user).select_related("project", "owner")
    item: CatalogItem = _load(request, rows, pk, f"catalog.delete_{model._meta.model_name}")
    return item


def access_upload(request: HttpRequest, pk: UUID) -> Upload:
    """One's own, unexpired upload."""
    return get_object_or_404(Upload.objects.visible_to(request.user), pk=pk)


def _load(request: HttpRequest, rows: QuerySet[_I], pk: int, permission: str) -> _I:
    item = get_object_or_404(rows, pk=pk)
    require(request.user, permission)
    if not permission.startswith("catalog.view_"):
        require(request.user, permission, item)
    return item


def bound(request: HttpRequest) -> QueryDict | None:
    """The data of a form: what was posted, even if that is nothing at all."""
    return request.POST if request.method == "POST" else None


def number_in(params: QueryDict, name: str) -> int | None:
    """A number of the query string, or None for anything else."""
    text = params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
