"""Dashboards and the widgets on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Project, User
from accounts.permissions import require, require_project
from catalog.actions import base
from catalog.models import GRID_COLUMNS, Dashboard, Report, Widget

MAX_WIDGETS = 50


@dataclass(frozen=True, slots=True)
class WidgetInput:
    """One widget as it shall be; ``report`` is an ID, none for text."""

    kind: str
    report: int | None = None
    title: str = ""
    text: str = ""
    x: int = 0
    y: int = 0
    w: int = 6
    h: int = 4
    tab: str = ""


def create_dashboard(
    *,
    actor: User,
    project: Project,
    name: str,
    description: str = "",
    widgets: Sequence[WidgetInput] = (),
    refresh_seconds: int | None = None,
) -> Dashboard:
    """A new dashboard with its widgets; their reports must be visible to ``actor``."""
    require(actor, "catalog.add_dashboard")
    require_project(actor, project)
    _check_widgets(actor, widgets)
    dashboard = Dashboard(
        organization=actor.organization,
        project=project,
        owner=actor,
        name=base.check_name(Dashboard, project, name),
        description=description.strip(),
        refresh_seconds=refresh_seconds,
    )
    return base.create(dashboard, actor=actor, after=lambda saved: _write(saved, widgets))


def update_dashboard(
    *,
    actor: User,
    dashboard: Dashboard,
    expected_version: int | None = None,
    widgets: Sequence[WidgetInput] | None = None,
    **changes: Any,
) -> Dashboard:
    """Change any of name, description, project, refresh; ``widgets`` replaces them all."""
    require(actor, "catalog.change_dashboard", dashboard)
    base.check_move(actor, dashboard, changes)
    if {"name", "project"} & changes.keys():
        project = changes.get("project", dashboard.project)
        changes["name"] = base.check_name(
            Dashboard, project, changes.get("name", dashboard.name), keep=dashboard.pk
        )
    if widgets is not None:
        present = set(dashboard.widgets.values_list("report_id", flat=True))
        _check_widgets(actor, widgets, present=present)

    def rewrite(fresh: Dashboard) -> bool:
        return widgets is not None and _rewrite(fresh, widgets)

    return base.update(
        dashboard, actor=actor, changes=changes, expected_version=expected_version, after=rewrite
    )


def _check_widgets(
    actor: User, widgets: Sequence[WidgetInput], *, present: Collection[int | None] = ()
) -> None:
    """Reports that are ``present`` already may stay, even trashed ones and those of projects that
    the actor may not see; new ones must be visible."""
    if len(widgets) > MAX_WIDGETS:
        raise base.Invalid(
            widgets=_("A dashboard holds at most %(n)s widgets.") % {"n": MAX_WIDGETS}
        )
    for widget in widgets:
        _check_widget(widget)
    wanted = {widget.report for widget in widgets if widget.report is not None} - set(present)
    found = set(Report.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := sorted(wanted - found):
        raise base.Invalid(widgets=_("There is no report with the ID %(id)s.") % {"id": missing[0]})


def _check_widget(widget: WidgetInput) -> None:
    if widget.kind not in Widget.Kind.values:
        raise base.Invalid(
            widgets=_("There is no widget of the type “%(kind)s”.") % {"kind": widget.kind}
        )
    if widget.kind != Widget.Kind.TEXT and widget.report is None:
        raise base.Invalid(widgets=_("A %(kind)s widget needs a report.") % {"kind": widget.kind})
    fits = widget.x >= 0 and widget.w >= 1 and widget.x + widget.w <= GRID_COLUMNS
    if not fits or not (0 <= widget.y <= 500 and 1 <= widget.h <= 40):
        raise base.Invalid(
            widgets=_("The widget “%(title)s” does not fit the grid of %(n)s columns.")
            % {"title": widget.title or widget.kind, "n": GRID_COLUMNS}
        )


def _write(dashboard: Dashboard, widgets: Sequence[WidgetInput]) -> None:
    Widget.objects.bulk_create(
        Widget(dashboard=dashboard, report_id=widget.report, **_layout(widget))
        for widget in widgets
    )


def _rewrite(dashboard: Dashboard, widgets: Sequence[WidgetInput]) -> bool:
    before = [
        WidgetInput(report=row.report_id, **{name: getattr(row, name) for name in _FIELDS})
        for row in dashboard.widgets.all()
    ]
    if before == list(widgets):
        return False
    dashboard.widgets.all().delete()
    _write(dashboard, widgets)
    return True


_FIELDS = ("kind", "title", "text", "x", "y", "w", "h", "tab")


def _layout(widget: WidgetInput) -> dict[str, Any]:
    return {name: value for name, value in asdict(widget).items() if name in _FIELDS}
