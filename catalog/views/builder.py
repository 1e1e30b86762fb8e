"""The report builder: choose a source, build with a live preview, save."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member
from accounts.models import Project
from accounts.permissions import require
from catalog import queries
from catalog.actions import reports as actions
from catalog.actions.base import free_name
from catalog.actions.suggested import open_tables
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.charts.suggest import Suggestion, suggest
from catalog.connectors.base import TableInfo
from catalog.drawing import drawn_or_error
from catalog.forms.items import initial_of
from catalog.forms.reports import ReportForm
from catalog.loaders import access_report, access_source, bound, number_in
from catalog.models import DataSource, Report
from catalog.query.describe import describe
from catalog.query.spec import ReportQuery
from catalog.running import run_query
from common.http.htmx import redirect
from common.http.problems import Problem


@require_http_methods(["GET", "POST"])
def report_create(request: HttpRequest) -> HttpResponse:
    """First which source, then the builder."""
    require(request.user, "catalog.add_report")
    pk = number_in(request.GET, "source")
    if pk is None:
        sources = queries.sources_of(request.user).order_by("name")
        return render(request, "catalog/report_source.html", {"sources": sources})
    source = access_source(request, pk)
    table = _table(source, request.GET.get("table"))
    suggestions = _suggestions(request, source, table)
    form = _new_form(request, source, table, _picked(request, suggestions))
    if form.is_valid() and (report := _create(request, form, source)):
        messages.success(request, _("The report “%s” was created.") % report.name)
        return redirect(request, reverse("catalog:report-detail", args=[report.pk]))
    context = {
        "form": form,
        "source": source,
        "table": table,
        "suggestions": suggestions,
        "carried": urlencode({"suggestion": number_in(request.GET, "suggestion") or 0}),
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/report_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    report = access_report(request, pk, "change")
    query = report.query_spec
    if not isinstance(query, ReportQuery):
        raise Problem("BAD_REQUEST", _("A report in SQL cannot be opened in the builder."))
    form = ReportForm(
        bound(request),
        user=request.user,
        table=_table(report.source, query.table),
        tables=report.source.table_infos(),
        query=query,
        chart=report.chart_spec,
        initial=initial_of(report),
    )
    if form.is_valid() and _update(request, form, report):
        messages.success(request, _("“%s” was saved.") % form.cleaned_data["name"])
        return redirect(request, reverse("catalog:report-detail", args=[pk]))
    context = {
        "form": form,
        "source": report.source,
        "table": form.table,
        "report": report,
        "carried": urlencode({"report": pk}),
    }
    status = 422 if form.is_bound else 200
    return render(request, "catalog/report_form.html", context, status=status)


@require_POST
def report_preview(request: HttpRequest) -> HttpResponse:
    """What the builder's form would draw, while it is being filled in."""
    require(request.user, "catalog.add_report")
    source = access_source(request, number_in(request.GET, "source") or 0)
    table = _table(source, request.GET.get("table"))
    query, chart = _base(request, source, table)
    tables = source.table_infos()
    posted = request.POST.copy()
    posted["name"] = "-"  # not needed yet
    form = ReportForm(
        posted, user=request.user, table=table, tables=tables, query=query, chart=chart
    )
    form.is_valid()
    if form.spec is None:
        return render(request, "catalog/report_preview.html", {"form": form})
    wanted, look = form.spec
    reader = member(request)
    picture = drawn_or_error(
        lambda: run_query(source, wanted, reader=reader), look, title=_("Preview")
    )
    context = {"drawn": picture, "form": form, "sentence": describe(wanted, tables)}
    return render(request, "catalog/report_preview.html", context)


def _suggestions(request: HttpRequest, source: DataSource, table: TableInfo) -> list[Suggestion]:
    """Good charts of the columns that are open to this person."""
    tables = open_tables(source, member(request))
    columns = next(each.columns for each in tables if each.name == table.name)
    return suggest(columns, table=table.name, label=table.label) if columns else []


def _picked(request: HttpRequest, suggestions: list[Suggestion]) -> Suggestion | None:
    at = number_in(request.GET, "suggestion") or 0
    return suggestions[at if at < len(suggestions) else 0] if suggestions else None


def _base(
    request: HttpRequest, source: DataSource, table: TableInfo
) -> tuple[ReportQuery | None, ChartSpec | None]:
    """The query and chart that the form started from: a report's, or a suggestion's."""
    if pk := number_in(request.GET, "report"):
        report = access_report(request, pk, "change")
        query = report.query_spec
        if isinstance(query, ReportQuery) and (report.source_id, query.table) == (
            source.pk,
            table.name,
        ):
            return query, report.chart_spec
    picked = _picked(request, _suggestions(request, source, table))
    return (picked.query, picked.chart) if picked else (None, None)


def _new_form(
    request: HttpRequest, source: DataSource, table: TableInfo, picked: Suggestion | None
) -> ReportForm:
    form = ReportForm(
        bound(request),
        user=request.user,
        table=table,
        query=picked.query if picked else None,
        chart=picked.chart if picked else None,
        initial={
            "project": source.project_id,
            **({} if picked else {"kind": ChartKind.TABLE.value}),
        },
    )
    wanted = picked.name if picked else source.name
    project = Project.objects.visible_to(request.user).filter(pk=form.initial["project"]).first()
    form.initial["name"] = free_name(Report, project, wanted) if project else wanted
    return form


def _create(request: HttpRequest, form: ReportForm, source: DataSource) -> Report | None:
    assert form.spec is not None  # noqa: S101  (a valid form has its spec)
    query, chart = form.spec
    try:
        return actions.create_report(
            actor=member(request), source=source, query=query, chart=chart, **form.item_values()
        )
    except Problem as problem:
        form.add_problem(problem)
        return None


def _update(request: HttpRequest, form: ReportForm, report: Report) -> Report | None:
    assert form.spec is not None  # noqa: S101
    query, chart = form.spec
    try:
        return actions.update_report(
            actor=member(request),
            report=report,
            expected_version=form.cleaned_data["version"],
            query=query,
            chart=chart,
            **form.item_values(),
        )
    except Problem as problem:
        form.add_problem(problem)
        return None


def _table(source: DataSource, wanted: str | None) -> TableInfo:
    tables = source.table_infos()
    if not tables:
        raise Http404
    found = next((table for table in tables if table.name == (wanted or tables[0].name)), None)
    if found is None:
        raise Http404
    return found
