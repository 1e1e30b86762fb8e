"""What the catalog puts into the frame: navigation, + New, palette, home, tasks, topics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Case, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.actions.schedules import fire_due
from catalog.actions.trash import purge_old
from catalog.actions.uploads import discard_expired
from catalog.connectors import execute
from catalog.models import CatalogItem, Dashboard, DataSource, Report, Schedule
from catalog.schedules.refresh import REFRESH
from catalog.schedules.registry import register_task_type
from common import shell
from common.jobs.periodic import register_periodic
from common.realtime import register_topic

KINDS: tuple[tuple[type[CatalogItem], str, str], ...] = (
    (Dashboard, "dashboard", "dashboard"),
    (Report, "report", "report"),
    (DataSource, "source", "database"),
    (Schedule, "schedule", "calendar"),
)


def register() -> None:
    from catalog import tasks  # noqa: F401  (its handlers register themselves)

    execute.configure(size=settings.QUERY_WORKERS)

    shell.register_nav(
        _nav("dashboards", _("Dashboards"), "dashboard", "catalog.view_dashboard", 20),
        _nav("reports", _("Reports"), "report", "catalog.view_report", 30),
        _nav("sources", _("Data sources"), "database", "catalog.view_datasource", 40),
        _nav("schedules", _("Schedules"), "calendar", "catalog.view_schedule", 50),
        shell.NavItem(
            key="trash",
            label=_("Trash"),
            url_name="catalog:trash",
            icon="trash",
            permission="catalog.delete_report",
            order=90,
            section=shell.MANAGE,
        ),
    )
    shell.register_new(
        _new(_("Report"), "report", "report", "catalog.add_report", 10, "r"),
        _new(_("Dashboard"), "dashboard", "dashboard", "catalog.add_dashboard", 20, "d"),
        _new(_("Schedule"), "schedule", "calendar", "catalog.add_schedule", 40, "s"),
        shell.NewItem(
            label=_("Data source from a file"),
            url_name="catalog:upload",
            icon="upload",
            permission="catalog.add_datasource",
            order=30,
            shortcut="u",
        ),
    )
    shell.register_palette(palette)
    shell.register_home(shell.HomeSection("recent", 20, recent))
    shell.register_home(shell.HomeSection("attention", 10, attention))
    register_task_type(REFRESH)
    register_periodic("catalog.fire_schedules", settings.SCHEDULER_INTERVAL, fire_due)
    register_periodic("catalog.discard_uploads", 600, discard_expired)
    register_periodic("catalog.purge_trash", 3600, purge_old)
    register_topic("catalog", lambda user, organization: str(user.organization_id) == organization)


def palette(user: Any, query: str) -> Iterator[shell.PaletteEntry]:
    """Catalog items that hold the words, those named so first; the latest when nothing is typed."""
    named = Case(When(name__icontains=query, then=0), default=1)
    for model, kind, icon in KINDS:
        if not user.has_perm(f"catalog.view_{model._meta.model_name}"):
            continue
        items = model.objects.visible_to(user).matching(query)  # type: ignore[attr-defined]
        for item in items.order_by(named, *items.model._meta.ordering)[:6]:
            yield shell.PaletteEntry(
                item.name,
                reverse(f"catalog:{kind}-detail", args=[item.pk]),
                model._meta.verbose_name or kind,
                icon,
                item.description[:80],
            )


def recent(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """The dashboards and reports changed last; empty: the two ways to begin."""
    user = request.user
    dashboards = Dashboard.objects.visible_to(user).select_related("owner")[:6]
    reports = Report.objects.visible_to(user).select_related("owner", "source")[:8]
    context = {"dashboards": dashboards, "reports": reports}
    return "catalog/home_recent.html", context


def attention(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """Failing sources and schedules whose last run failed."""
    from catalog.queries import failing_schedules

    sources = []
    if request.user.has_perm("catalog.view_datasource"):
        sources = list(DataSource.objects.visible_to(request.user).filter(status="failing")[:5])
    schedules = failing_schedules(request.user)
    if not sources and not schedules:
        return None
    return "catalog/home_attention.html", {"sources": sources, "schedules": schedules}


def _nav(key: str, label: Any, icon: str, permission: str, order: int) -> shell.NavItem:
    name = key.removesuffix("s")
    return shell.NavItem(
        key=key,
        label=label,
        url_name=f"catalog:{name}-list",
        icon=icon,
        permission=permission,
        order=order,
    )


def _new(label: Any, kind: str, icon: str, permission: str, order: int, key: str) -> shell.NewItem:
    return shell.NewItem(
        label=label,
        url_name=f"catalog:{kind}-create",
        icon=icon,
        permission=permission,
        order=order,
        shortcut=key,
    )
