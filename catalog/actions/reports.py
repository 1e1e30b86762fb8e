"""Reports: created and changed, always with a query that compiles against its source."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Project, User
from accounts.permissions import require, require_project
from catalog.actions import base
from catalog.charts.spec import ChartSpec
from catalog.models import DataSource, Report, ReportColumn
from catalog.models.reports import dump_query
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.running import check_query, columns_used


def create_report(
    *,
    actor: User,
    project: Project,
    name: str,
    source: DataSource,
    query: ReportQuery | SqlQuery,
    chart: ChartSpec,
    description: str = "",
    tags: list[str] | None = None,
) -> Report:
    """A new report in ``project``; raises ``Invalid`` when the query does not fit the source."""
    require(actor, "catalog.add_report")
    require_project(actor, project)
    _require_source(actor, source)
    _check(actor, source, query)
    report = Report(
        organization=actor.organization,
        project=project,
        owner=actor,
        name=base.check_name(Report, project, name),
        description=description.strip(),
        source=source,
        query=dump_query(query),
        chart=chart.model_dump(mode="json"),
        tags=tags or [],
    )
    return base.create(report, actor=actor, after=_note_columns)


def update_report(
    *,
    actor: User,
    report: Report,
    expected_version: int | None = None,
    query: ReportQuery | SqlQuery | None = None,
    chart: ChartSpec | None = None,
    **changes: Any,
) -> Report:
    """Change any of name, description, project, source, query, chart, status, tags."""
    require(actor, "catalog.change_report", report)
    source = changes.get("source", report.source)
    base.check_move(actor, report, changes)
    if {"name", "project"} & changes.keys():
        project = changes.get("project", report.project)
        changes["name"] = base.check_name(
            Report, project, changes.get("name", report.name), keep=report.pk
        )
    changed = query is not None and dump_query(query) != report.query
    if changed or "source" in changes:
        _require_source(actor, source)
        wanted = query or report.query_spec
        _check(actor, source, wanted)
        changes["query"] = dump_query(wanted)
    if chart is not None:
        changes["chart"] = chart.model_dump(mode="json")
    return base.update(
        report,
        actor=actor,
        changes=changes,
        expected_version=expected_version,
        after=_renote_columns if "query" in changes else None,
    )


def _require_source(actor: User, source: DataSource) -> None:
    """One builds on sources one may see; another organisation's do not exist."""
    if not DataSource.objects.visible_to(actor).filter(pk=source.pk).exists():
        raise base.Invalid(source=_("This data source does not exist."))


def _check(actor: User, source: DataSource, query: ReportQuery | SqlQuery) -> None:
    if isinstance(query, SqlQuery):
        require(actor, "catalog.use_sql")
    check_query(source, query, user=actor)


def _note_columns(report: Report) -> None:
    used = columns_used(report.source, report.query_spec)
    ReportColumn.objects.bulk_create(
        ReportColumn(report=report, table=table, column=column) for table, column in sorted(used)
    )


def _renote_columns(report: Report) -> bool:
    report.columns_used.all().delete()
    _note_columns(report)
    return False
