"""A first dashboard for a source: a handful of good reports, laid out."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.actions import base
from catalog.actions.dashboards import WidgetInput, create_dashboard
from catalog.actions.reports import create_report
from catalog.charts.layout import layout
from catalog.charts.suggest import suggest_dashboard
from catalog.connectors.base import TableInfo
from catalog.models import Dashboard, DataSource, Report
from catalog.running import context_for


def create_suggested_dashboard(*, actor: User, source: DataSource) -> Dashboard:
    """Reports of the source's largest table and a dashboard of them, all or nothing."""
    tables = sorted(open_tables(source, actor), key=lambda table: table.rows or 0, reverse=True)
    suggestions = suggest_dashboard(tables[0]) if tables else []
    if not suggestions:
        raise base.Invalid(source=_("There is nothing in this source that could be drawn."))
    with transaction.atomic():
        reports = [
            create_report(
                actor=actor,
                project=source.project,
                name=base.free_name(Report, source.project, suggestion.name),
                source=source,
                query=suggestion.query,
                chart=suggestion.chart,
                description=suggestion.reason,
            )
            for suggestion in suggestions
        ]
        kinds = [_widget_kind(suggestion.kind) for suggestion in suggestions]
        widgets = [
            WidgetInput(kind=kind, report=report.pk, x=x, y=y, w=w, h=h)
            for kind, report, (x, y, w, h) in zip(kinds, reports, layout(kinds), strict=True)
        ]
        return create_dashboard(
            actor=actor,
            project=source.project,
            name=base.free_name(Dashboard, source.project, source.name),
            description=_("Suggested from the data source “%s”.") % source.name,
            widgets=widgets,
        )


def open_tables(source: DataSource, reader: User) -> list[TableInfo]:
    """The source's tables without the columns that are hidden from ``reader``."""
    masked = set(context_for(source, reader)["masked"])
    return [
        replace(table, columns=[c for c in table.columns if f"{table.name}.{c.name}" not in masked])
        for table in source.table_infos()
    ]


def _widget_kind(kind: str) -> str:
    return kind if kind in {"table", "number"} else "chart"
