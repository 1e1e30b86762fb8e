"""Read models of the catalog's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.models import Project
from catalog.models import (
    CatalogItem,
    Dashboard,
    DataSource,
    Report,
    Run,
    Schedule,
    SourceTable,
    Widget,
)

PAGE_SIZE = 25
SORTS = {
    "name": ("name",),
    "-name": ("-name",),
    "changed": ("updated_at",),
    "-changed": ("-updated_at",),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: its rows, what was asked, and whether anything exists at all."""

    page: Page[Any]
    q: str
    sort: str
    project: str
    kind: str
    projects: list[Project]
    kinds: list[tuple[str, str]]
    any_exist: bool

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.project or self.kind)


def listing(
    rows: QuerySet[Any],
    *,
    user: Any,
    params: Any,
    kinds: list[tuple[str, str]] | None = None,
    kind_field: str = "",
) -> Listing:
    """Search, filter, sort and page ``rows`` by the query string."""
    q, project = params.get("q", "").strip()[:100], params.get("project", "")
    kind, sort = params.get("kind", ""), params.get("sort", "-changed")
    found = rows.matching(q)  # type: ignore[attr-defined]
    if project:
        is_number = project.isascii() and project.isdigit() and len(project) < 19
        number = int(project) if is_number else 0
        found = found.filter(project_id=number)
    if kind and kind_field:
        found = found.filter(**{kind_field: kind})
    found = found.order_by(*SORTS.get(sort, SORTS["-changed"]), "-pk")
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    projects = list(Project.objects.visible_to(user))
    any_exist = bool(page.paginator.count) or rows.exists()
    return Listing(page, q, sort, project, kind, projects, kinds or [], any_exist)


def sources_of(user: Any) -> QuerySet[DataSource]:
    return (
        DataSource.objects.visible_to(user)
        .select_related("project", "owner")
        .annotate(report_count=Count("reports", filter=Q(reports__trashed_at__isnull=True)))
    )


def source_with_tables(user: Any) -> QuerySet[DataSource]:
    tables = SourceTable.objects.select_related("file").prefetch_related("columns")
    return (
        DataSource.objects.visible_to(user)
        .select_related("project", "owner", "organization")
        .prefetch_related(Prefetch("tables", queryset=tables), "files")
    )


def reports_of(user: Any) -> QuerySet[Report]:
    return Report.objects.visible_to(user).select_related(
        "project", "owner", "source", "source__project"
    )


def report_with_source(user: Any) -> QuerySet[Report]:
    tables = SourceTable.objects.select_related("file").prefetch_related("columns")
    return reports_of(user).prefetch_related(Prefetch("source__tables", queryset=tables))


def dashboards_of(user: Any) -> QuerySet[Dashboard]:
    return (
        Dashboard.objects.visible_to(user)
        .select_related("project", "owner")
        .annotate(widget_count=Count("widgets"))
    )


def dashboard_with_widgets(user: Any) -> QuerySet[Dashboard]:
    widgets = Widget.objects.select_related("report__project")
    return (
        Dashboard.objects.visible_to(user)
        .select_related("project", "owner")
        .prefetch_related(Prefetch("widgets", queryset=widgets))
    )


def schedules_of(user: Any) -> QuerySet[Schedule]:
    return Schedule.objects.visible_to(user).select_related(
        "project", "owner", "report__project", "dashboard__project"
    )


def failing_schedules(user: Any) -> list[Schedule]:
    """Active schedules whose latest run failed."""
    if not user.has_perm("catalog.view_schedule"):
        return []
    latest = Run.objects.filter(schedule=OuterRef("pk")).order_by("-due_at").values("status")[:1]
    rows = Schedule.objects.visible_to(user).filter(active=True).annotate(latest=Subquery(latest))
    return list(rows.filter(latest=Run.Status.FAILED)[:5])


def trashed(user: Any) -> list[CatalogItem]:
    """What the user may see in the trash, latest first."""
    items: list[CatalogItem] = []
    for model in (Dashboard, Report, DataSource, Schedule):
        if user.has_perm(f"catalog.delete_{model._meta.model_name}"):
            items.extend(model.objects.trash_of(user).select_related("trashed_by", "project")[:200])
    return sorted(items, key=lambda item: str(item.trashed_at), reverse=True)
