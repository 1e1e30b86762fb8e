"""Data sources: list, upload, intake, detail, edit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import require
from catalog import queries
from catalog.actions import sources as actions
from catalog.actions.base import free_name
from catalog.actions.suggested import create_suggested_dashboard
from catalog.actions.uploads import receive_upload, reinspect_upload
from catalog.connectors import registry
from catalog.connectors.base import SourceError
from catalog.drawing import drawn_or_error
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.forms.items import initial_of
from catalog.forms.sources import IntakeForm, SourceForm, UploadForm
from catalog.intake.errors import IntakeError
from catalog.loaders import access_source, access_upload
from catalog.models import DataSource
from catalog.query.spec import ReportQuery
from catalog.running import run_query
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from common.jobs import submit


@require_safe
def source_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.view_datasource")
    kinds = [(kind.key, kind.label) for kind in registry.all()]
    rows = queries.sources_of(request.user)
    listing = queries.listing(
        rows, user=request.user, params=request.GET, kinds=kinds, kind_field="kind"
    )
    template = "catalog/source_list.html" + ("#results" if is_htmx(request) else "")
    return render(request, template, {"listing": listing})


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file; what is wrong with it is said beside the field, and nothing is kept."""
    require(request.user, "catalog.add_datasource")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            received = receive_upload(actor=request.user, name=file.name, chunks=file.chunks())
            return redirect(request, reverse("catalog:intake", args=[received.pk]))
        except (Problem, IntakeError) as problem:
            form.add_error("file", _sentence(problem))
    status = 422 if form.is_bound else 200
    context = {"form": form, "max_bytes": settings.MAX_UPLOAD_MB * 2**20}
    return render(request, "catalog/upload.html", context, status=status)


@require_http_methods(["GET", "POST"])
def intake(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was found in the file: sheet, columns with types, preview; then its name."""
    received = access_upload(request, pk)
    require(request.user, "catalog.add_datasource")
    project = request.user.organization.default_project
    wanted = free_name(DataSource, project, received.name.rpartition(".")[0] or received.name)
    form = SourceForm(request.POST or None, user=request.user, initial={"name": wanted})
    how = IntakeForm(request.POST or None, inspection=received.inspection)
    status = 200
    if request.method == "POST":
        status = 422
        if how.is_valid():
            problem = _apply_options(request, received, how)
            if problem is None and "look" in request.POST:
                return redirect(request, request.path)
            if problem is None and form.is_valid():
                return _submit(request, received, form)
            if problem is not None:
                how.add_error(None, problem)
    context = {"upload": received, "inspection": received.inspection, "form": form, "how": how}
    return render(request, "catalog/intake.html", context, status=status)


def _apply_options(request: HttpRequest, received: Any, how: IntakeForm) -> str | None:
    """Look again with what the person chose; the sentence of what failed, if it did."""
    if not (chosen := how.options()):
        return None
    known = received.inspection.get("options") or {}
    if chosen.get("types"):
        chosen["types"] = (known.get("types") or {}) | chosen["types"]
    if "sheet" in chosen and chosen["sheet"] != received.inspection.get("sheet"):
        known = {}
        chosen.pop("header_row", None)
        chosen.pop("types", None)
    try:
        reinspect_upload(upload=received, options=known | chosen)
    except (Problem, IntakeError) as problem:
        return _sentence(problem)
    return None


def _submit(request: HttpRequest, received: Any, form: SourceForm) -> HttpResponse:
    try:
        actions.base.check_name(DataSource, form.cleaned_data["project"], form.cleaned_data["name"])
    except Problem as problem:
        form.add_problem(problem.fields)
        context = {
            "upload": received,
            "inspection": received.inspection,
            "form": form,
            "how": IntakeForm(inspection=received.inspection),
        }
        return render(request, "catalog/intake.html", context, status=422)
    job = submit(
        "catalog.create_file_source",
        payload={
            "upload_id": str(received.pk),
            "name": form.cleaned_data["name"],
            "description": form.cleaned_data["description"],
            "project_id": form.cleaned_data["project"].pk,
        },
        organization=request.user.organization,
        user=request.user,
        subject=f"upload:{received.pk}",
        dedupe_key=f"create_file_source:{received.pk}",
    )
    return redirect(request, reverse("jobs:detail", args=[job.pk]))


@require_safe
def source_detail(request: HttpRequest, pk: int) -> HttpResponse:
    source = access_source(request, pk)
    tables = list(source.tables.all())
    wanted = request.GET.get("table")
    table = next((each for each in tables if each.name == wanted), tables[0] if tables else None)
    context = {
        "source": source,
        "kind": registry.get(source.kind),
        "tables": tables,
        "table": table,
        "files": list(source.files.all()),
        "reports": queries.reports_of(request.user).filter(source=source)[:20],
        "may_change": request.user.has_perm("catalog.change_datasource", source),
    }
    return render(request, "catalog/source_detail.html", context)


@require_safe
def source_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The first rows of one table, as a fragment."""
    source = access_source(request, pk)
    names = {table.name for table in source.tables.all()}
    table = request.GET.get("table", "")
    if table not in names:
        raise Problem("NOT_FOUND")
    query = ReportQuery(table=table, limit=100)
    picture = drawn_or_error(
        lambda: run_query(source, query, reader=request.user),
        ChartSpec(kind=ChartKind.TABLE),
        title=source.name,
    )
    return render(request, "catalog/_drawn.html", {"drawn": picture, "bare": True})


@require_http_methods(["GET", "POST"])
def source_edit(request: HttpRequest, pk: int) -> HttpResponse:
    source = access_source(request, pk, "change")
    form = SourceForm(request.POST or None, user=request.user, initial=initial_of(source))
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_source(
                actor=request.user,
                source=source,
                expected_version=form.cleaned_data["version"],
                **form.item_values(),
            )
            messages.success(request, _("“%s” was saved.") % form.cleaned_data["name"])
            return redirect(request, reverse("catalog:source-detail", args=[pk]))
        except Problem as problem:
            form.add_problem(problem.fields or {"": [problem.detail]})
    status = 422 if form.is_bound else 200
    return render(
        request, "catalog/source_form.html", {"form": form, "source": source}, status=status
    )


@require_POST
def source_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """A handful of good reports and a dashboard of them, made in one go."""
    source = access_source(request, pk)
    try:
        dashboard = create_suggested_dashboard(actor=request.user, source=source)
    except (Problem, SourceError) as problem:
        messages.error(request, _sentence(problem))
        return redirect(request, reverse("catalog:source-detail", args=[pk]))
    messages.success(request, _("A dashboard was made from “%s”.") % source.name)
    return redirect(request, reverse("catalog:dashboard-detail", args=[dashboard.pk]))


def _sentence(problem: Exception) -> str:
    if isinstance(problem, Problem):
        return problem.detail
    message = str(getattr(problem, "message", problem))
    return f"{message} {getattr(problem, 'hint', '')}".strip()
