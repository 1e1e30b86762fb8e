"""Data sources: list, upload, intake, detail, edit."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member
from accounts.models import Project
from accounts.permissions import require, require_project
from catalog import queries
from catalog.actions import sources as actions
from catalog.actions.base import check_name, free_name
from catalog.actions.suggested import create_suggested_dashboard
from catalog.actions.uploads import receive_upload, reinspect_upload
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors import registry
from catalog.connectors.base import SourceError
from catalog.drawing import drawn_or_error
from catalog.forms.items import initial_of
from catalog.forms.sources import IntakeForm, SourceEditForm, SourceForm, UploadForm
from catalog.intake.errors import IntakeError
from catalog.loaders import access_source, access_upload, bound, number_in
from catalog.models import DataSource, Upload
from catalog.query.spec import ReportQuery
from catalog.running import run_query
from catalog.views.lists import list_page
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from common.jobs import submit
from common.jobs.models import Job


@require_safe
def source_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.view_datasource")
    kinds = [(kind.key, kind.label) for kind in registry.all()]
    rows = queries.sources_of(request.user)
    listing = queries.listing(
        rows, user=request.user, params=request.GET, kinds=kinds, kind_field="kind"
    )
    return list_page(request, "source", listing)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file; what is wrong with it is said beside the field, and nothing is kept."""
    require(request.user, "catalog.add_datasource")
    form = UploadForm(bound(request), request.FILES if request.method == "POST" else None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            received = receive_upload(actor=member(request), name=file.name, chunks=file.chunks())
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
    form = _naming(request, received)
    how = IntakeForm(bound(request), inspection=received.inspection)
    if request.method == "GET":
        return _intake_page(request, received, form, how)
    if not how.is_valid() or not _look_again(received, how):
        return _intake_page(request, received, form, how, status=422)
    if "look" in request.POST:
        fresh = IntakeForm(inspection=received.inspection)
        return _intake_page(request, received, _naming(request, received, keep=True), fresh)
    if form.is_valid() and (job := _submit(request, received, form)):
        return redirect(request, reverse("jobs:job-detail", args=[job.pk]))
    fresh = IntakeForm(inspection=received.inspection)
    return _intake_page(request, received, form, fresh, status=422)


def _intake_page(
    request: HttpRequest, received: Upload, form: SourceForm, how: IntakeForm, status: int = 200
) -> HttpResponse:
    context = {"upload": received, "inspection": received.inspection, "form": form, "how": how}
    return render(request, "catalog/intake.html", context, status=status)


def _naming(request: HttpRequest, received: Upload, *, keep: bool = False) -> SourceForm:
    """The form of the name; ``keep`` shows what was typed so far without judging it."""
    if keep:
        typed = {name: request.POST.get(name, "") for name in ("name", "description")}
        project = number_in(request.POST, "project")
        return SourceForm(user=request.user, initial=typed | {"project": project})
    if request.method == "POST":
        return SourceForm(request.POST, user=request.user)
    form = SourceForm(user=request.user)
    stem = received.name.rpartition(".")[0] or received.name
    home = Project.objects.visible_to(request.user).filter(pk=form.initial["project"]).first()
    form.initial["name"] = free_name(DataSource, home, stem) if home else stem
    return form


def _look_again(received: Upload, how: IntakeForm) -> bool:
    """Read the file as the person chose, if they did; what failed stands at the form."""
    if not (options := how.options()):
        return True
    try:
        reinspect_upload(upload=received, options=options)
    except (Problem, IntakeError) as problem:
        how.add_error(None, _sentence(problem))
        return False
    return True


def _submit(request: HttpRequest, received: Upload, form: SourceForm) -> Job | None:
    """Start the conversion; None when the name is taken or the project is not open."""
    actor, data = member(request), form.cleaned_data
    try:
        check_name(DataSource, data["project"], data["name"])
        require_project(actor, data["project"])
    except Problem as problem:
        form.add_problem(problem)
        return None
    return submit(
        "catalog.create_file_source",
        payload={
            "upload_id": str(received.pk),
            "name": data["name"],
            "description": data["description"],
            "project_id": data["project"].pk,
        },
        organization=actor.organization,
        user=actor,
        subject=f"upload:{received.pk}",
        dedupe_key=f"create_file_source:{received.pk}",
    )


@require_safe
def source_detail(request: HttpRequest, pk: int) -> HttpResponse:
    source = access_source(request, pk)
    tables = list(source.tables.all())
    wanted = request.GET.get("table") or (tables[0].name if tables else "")
    table = next((each for each in tables if each.name == wanted), None)
    if table is None and tables:
        raise Http404
    context = {
        "source": source,
        "kind": registry.get(source.kind),
        "tables": tables,
        "table": table,
        "files": list(source.files.all()),
        "reports": queries.reports_of(request.user).filter(source=source)[:20],
        "may_change": request.user.has_perm("catalog.change_datasource", source),
        "may_delete": request.user.has_perm("catalog.delete_datasource", source),
    }
    return render(request, "catalog/source_detail.html", context)


@require_safe
def source_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The first rows of one table: a fragment, or a page without JavaScript."""
    source = access_source(request, pk)
    table = request.GET.get("table", "")
    if table not in {each.name for each in source.tables.all()}:
        raise Http404
    query, reader = ReportQuery(table=table, limit=100), member(request)
    picture = drawn_or_error(
        lambda: run_query(source, query, reader=reader),
        ChartSpec(kind=ChartKind.TABLE),
        title=source.name,
    )
    context = {"drawn": picture, "bare": True, "source": source}
    template = "catalog/_drawn.html" if is_htmx(request) else "catalog/source_preview.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
def source_edit(request: HttpRequest, pk: int) -> HttpResponse:
    source = access_source(request, pk, "change")
    initial = initial_of(source) | {"restricted": source.restricted}
    form = SourceEditForm(bound(request), user=request.user, initial=initial)
    if form.is_valid():
        try:
            actions.update_source(
                actor=member(request),
                source=source,
                expected_version=form.cleaned_data["version"],
                restricted=form.cleaned_data["restricted"],
                **form.item_values(),
            )
            messages.success(request, _("“%s” was saved.") % form.cleaned_data["name"])
            return redirect(request, reverse("catalog:source-detail", args=[pk]))
        except Problem as problem:
            form.add_problem(problem)
    status = 422 if form.is_bound else 200
    return render(
        request, "catalog/source_form.html", {"form": form, "source": source}, status=status
    )


@require_POST
def source_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """A handful of good reports and a dashboard of them, made in one go."""
    source = access_source(request, pk)
    try:
        dashboard = create_suggested_dashboard(actor=member(request), source=source)
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
