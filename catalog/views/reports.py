"""Reports: list, builder with live preview, page, data, pictures."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import require
from catalog import queries
from catalog.actions import reports as actions
from catalog.actions.base import free_name
from catalog.charts.option import draw
from catalog.charts.render import render_svg
from catalog.charts.spec import ChartKind
from catalog.charts.suggest import suggest
from catalog.connectors.base import SourceError, TableInfo
from catalog.drawing import drawn_or_error
from catalog.forms.items import initial_of
from catalog.forms.reports import ReportForm
from catalog.loaders import access_report, access_source
from catalog.models import DataSource, Report
from catalog.query.describe import describe
from catalog.query.spec import ReportQuery
from catalog.running import run_query, run_report
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.view_report")
    listing = queries.listing(
        queries.reports_of(request.user), user=request.user, params=request.GET
    )
    template = "catalog/report_list.html" + ("#results" if is_htmx(request) else "")
    return render(request, template, {"listing": listing})


@require_http_methods(["GET", "POST"])
def report_create(request: HttpRequest) -> HttpResponse:
    """First which source, then the builder."""
    require(request.user, "catalog.add_report")
    if not request.GET.get("source", "").isdigit():
        sources = queries.sources_of(request.user).order_by("name")
        return render(request, "catalog/report_source.html", {"sources": sources})
    source = access_source(request, int(request.GET["source"]))
    table = _table(source, request.GET.get("table"))
    suggestions = suggest(table.columns, table=table.name)
    form = _new_form(request, source, table, suggestions)
    if request.method == "POST" and form.is_valid() and (report := _create(request, form, source)):
        messages.success(request, _("The report “%s” was created.") % report.name)
        return redirect(request, reverse("catalog:report-detail", args=[report.pk]))
    context = {"form": form, "source": source, "table": table, "suggestions": suggestions}
    return render(
        request, "catalog/report_form.html", context, status=422 if form.is_bound else 200
    )


@require_http_methods(["GET", "POST"])
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    report = access_report(request, pk, "change")
    query = report.query_spec
    if not isinstance(query, ReportQuery):
        raise Problem("BAD_REQUEST", _("A report in SQL cannot be opened in the builder."))
    form = ReportForm(
        request.POST or None,
        user=request.user,
        table=_table(report.source, query.table),
        query=query,
        chart=report.chart_spec,
        initial=initial_of(report),
    )
    if request.method == "POST" and form.is_valid() and _update(request, form, report):
        messages.success(request, _("“%s” was saved.") % form.cleaned_data["name"])
        return redirect(request, reverse("catalog:report-detail", args=[pk]))
    context = {"form": form, "source": report.source, "table": form.table, "report": report}
    return render(
        request, "catalog/report_form.html", context, status=422 if form.is_bound else 200
    )


@require_POST
def report_preview(request: HttpRequest) -> HttpResponse:
    """What the builder's form would draw, while it is being filled in."""
    require(request.user, "catalog.add_report")
    pk = request.GET.get("source", "")
    source = access_source(request, int(pk) if pk.isdigit() else 0)
    form = ReportForm(
        {**request.POST.dict(), "columns": request.POST.getlist("columns"), "name": "preview"},
        user=request.user,
        table=_table(source, request.GET.get("table")),
    )
    form.is_valid()
    if form.spec is None:
        return render(request, "catalog/report_preview.html", {"form": form}, status=200)
    query, chart = form.spec
    picture = drawn_or_error(
        lambda: run_query(source, query, reader=request.user), chart, title=_("Preview")
    )
    context = {"drawn": picture, "form": form, "sentence": describe(query, [form.table])}
    return render(request, "catalog/report_preview.html", context)


@require_safe
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page at once; the data comes as a fragment (or with the page without JavaScript)."""
    report = access_report(request, pk)
    query = report.query_spec
    sentence = ""
    if isinstance(query, ReportQuery):
        sentence = describe(query, report.source.table_infos())
    context = {
        "report": report,
        "sentence": sentence,
        "may_change": request.user.has_perm("catalog.change_report", report),
        "may_delete": request.user.has_perm("catalog.delete_report", report),
        "may_see_source": request.user.has_perm("catalog.view_datasource"),
        "drawn": _drawn(request, report),
        "dashboards": queries.dashboards_of(request.user).filter(widgets__report=report).distinct(),
    }
    return render(request, "catalog/report_detail.html", context)


@require_safe
def report_result(request: HttpRequest, pk: int) -> HttpResponse:
    """The drawn data alone: refresh, and retry after a failure."""
    report = access_report(request, pk)
    context = {"drawn": _drawn(request, report), "report": report}
    return render(request, "catalog/_report_result.html", context)


@require_safe
def report_svg(request: HttpRequest, pk: int) -> HttpResponse:
    """The chart as a picture, for pages without JavaScript."""
    report = access_report(request, pk)
    dark = request.GET.get("dark") == "1"
    try:
        result = run_report(report, reader=request.user)
    except SourceError as error:
        raise Problem("SOURCE_FAILED", f"{error.message} {error.hint}".strip()) from None
    picture = draw(result, report.chart_spec, title=report.name, dark=dark)
    if picture.option is None:
        raise Problem("NOT_FOUND", picture.message or "")
    svg = render_svg(picture.option, 720, 380, dark)
    return HttpResponse(
        svg,
        content_type="image/svg+xml",
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cache-Control": "private, max-age=60",
        },
    )


def _drawn(request: HttpRequest, report: Report) -> Any:
    refresh = request.GET.get("refresh") == "1"
    return drawn_or_error(
        lambda: run_report(report, reader=request.user, refresh=refresh),
        report.chart_spec,
        title=report.name,
    )


def _new_form(
    request: HttpRequest, source: DataSource, table: TableInfo, suggestions: list[Any]
) -> ReportForm:
    chosen = request.GET.get("suggestion", "0")
    at = int(chosen) if chosen.isdigit() and int(chosen) < len(suggestions) else 0
    picked = suggestions[at] if suggestions else None
    project = source.project
    initial = {
        "name": free_name(Report, project, picked.name if picked else source.name),
        "project": project.pk,
        **({} if picked else {"kind": ChartKind.TABLE.value}),
    }
    return ReportForm(
        request.POST or None,
        user=request.user,
        table=table,
        query=picked.query if picked and request.method != "POST" else None,
        chart=picked.chart if picked and request.method != "POST" else None,
        initial=initial,
    )


def _create(request: HttpRequest, form: ReportForm, source: DataSource) -> Report | None:
    assert form.spec is not None  # noqa: S101  (a valid form has its spec)
    query, chart = form.spec
    try:
        return actions.create_report(
            actor=request.user, source=source, query=query, chart=chart, **form.item_values()
        )
    except Problem as problem:
        form.add_problem(problem.fields or {"": [problem.detail]})
        return None


def _update(request: HttpRequest, form: ReportForm, report: Report) -> Report | None:
    assert form.spec is not None  # noqa: S101
    query, chart = form.spec
    try:
        return actions.update_report(
            actor=request.user,
            report=report,
            expected_version=form.cleaned_data["version"],
            query=query,
            chart=chart,
            **form.item_values(),
        )
    except Problem as problem:
        form.add_problem(problem.fields or {"": [problem.detail]})
        return None


def _table(source: DataSource, wanted: str | None) -> TableInfo:
    tables = source.table_infos()
    found = next((table for table in tables if table.name == wanted), None)
    if found is None and (not tables or wanted):
        raise Problem("NOT_FOUND", _("This data source has no such table."))
    return found or tables[0]
