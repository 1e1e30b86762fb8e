"""Dashboards: list, page with progressive widgets, create, edit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import member
from accounts.permissions import require
from catalog import queries
from catalog.actions import dashboards as actions
from catalog.actions.dashboards import MAX_WIDGETS, WidgetInput
from catalog.charts.layout import layout
from catalog.charts.spec import ChartKind
from catalog.drawing import Drawn, drawn_or_error
from catalog.forms.dashboards import (
    DashboardForm,
    WidgetFormSet,
    report_choices,
    widget_initial,
)
from catalog.forms.items import initial_of
from catalog.loaders import access_dashboard, bound, number_in
from catalog.models import Dashboard, Report, Widget
from catalog.running import run_report
from catalog.views.lists import list_page
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem


@require_safe
def dashboard_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.view_dashboard")
    listing = queries.listing(
        queries.dashboards_of(request.user), user=request.user, params=request.GET
    )
    return list_page(request, "dashboard", listing)


@require_safe
def dashboard_detail(request: HttpRequest, pk: int) -> HttpResponse:
    dashboard = access_dashboard(request, pk)
    widgets = list(dashboard.widgets.all())
    context = {
        "dashboard": dashboard,
        "widgets": [(widget, _obstacle(request, widget)) for widget in widgets],
        "may_change": request.user.has_perm("catalog.change_dashboard", dashboard),
        "may_delete": request.user.has_perm("catalog.delete_dashboard", dashboard),
        "full_screen": request.GET.get("view") == "full",
    }
    return render(request, "catalog/dashboard_detail.html", context)


@require_safe
def widget_result(request: HttpRequest, pk: int, widget_pk: int) -> HttpResponse:
    """One widget's data as a fragment; a whole page without JavaScript."""
    dashboard = access_dashboard(request, pk)
    rows = Widget.objects.select_related("report__source__project", "report__project")
    widget = get_object_or_404(rows, pk=widget_pk, dashboard=dashboard, report__isnull=False)
    obstacle = _obstacle(request, widget)
    if obstacle:
        picture = Drawn(kind=widget.kind, title=widget.title, error=obstacle)
    else:
        picture = _drawn(request, widget)
    context = {
        "widget": widget,
        "title": widget.title if obstacle else str(widget),
        "dashboard": dashboard,
        "drawn": picture,
        "open": not obstacle,
    }
    template = "catalog/_widget_result.html" if is_htmx(request) else "catalog/widget_page.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
def dashboard_create(request: HttpRequest) -> HttpResponse:
    """Name it and choose its reports; they are laid out by themselves and can be moved later."""
    require(request.user, "catalog.add_dashboard")
    initial = {"reports": [number_in(request.GET, "report")]}
    form = DashboardForm(bound(request), user=request.user, initial=initial)
    if form.is_valid():
        try:
            dashboard = actions.create_dashboard(
                actor=member(request),
                widgets=_laid_out(list(form.cleaned_data["reports"])),
                refresh_seconds=form.cleaned_data["refresh_seconds"],
                **form.item_values(),
            )
            messages.success(request, _("The dashboard “%s” was created.") % dashboard.name)
            return redirect(request, reverse("catalog:dashboard-detail", args=[dashboard.pk]))
        except Problem as problem:
            form.add_problem(problem)
    status = 422 if form.is_bound else 200
    return render(request, "catalog/dashboard_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def dashboard_edit(request: HttpRequest, pk: int) -> HttpResponse:
    dashboard = access_dashboard(request, pk, "change")
    reports = report_choices(request.user, list(dashboard.widgets.all()))
    form = DashboardForm(
        bound(request),
        user=request.user,
        with_reports=False,
        initial=initial_of(dashboard) | {"refresh_seconds": dashboard.refresh_seconds},
    )
    widgets = WidgetFormSet(
        bound(request),
        prefix="widgets",
        initial=widget_initial(dashboard),
        form_kwargs={"reports": reports},
    )
    if request.method == "POST" and "add" not in request.POST:
        if form.is_valid() and widgets.is_valid() and _save(request, form, widgets, dashboard):
            messages.success(request, _("“%s” was saved.") % form.cleaned_data["name"])
            return redirect(request, reverse("catalog:dashboard-detail", args=[pk]))
    elif request.method == "POST":
        widgets = _with_one_more(request, reports)
    context = {"form": form, "widgets": widgets, "dashboard": dashboard}
    failed = request.method == "POST" and "add" not in request.POST
    return render(request, "catalog/dashboard_edit.html", context, status=422 if failed else 200)


def _save(request: HttpRequest, form: DashboardForm, widgets: Any, dashboard: Dashboard) -> bool:
    try:
        actions.update_dashboard(
            actor=member(request),
            dashboard=dashboard,
            expected_version=form.cleaned_data["version"],
            widgets=widgets.inputs(),
            refresh_seconds=form.cleaned_data["refresh_seconds"],
            **form.item_values(),
        )
    except Problem as problem:
        form.add_problem(problem)
        return False
    return True


def _with_one_more(request: HttpRequest, reports: Any) -> Any:
    """The same form with one more, empty widget below the others; nothing is saved yet."""
    data = request.POST.copy()
    total = min(number_in(data, "widgets-TOTAL_FORMS") or 0, MAX_WIDGETS)
    ends = [
        (number_in(data, f"widgets-{n}-y") or 0) + (number_in(data, f"widgets-{n}-h") or 0)
        for n in range(total)
    ]
    bottom = min(max(ends, default=0), 500)
    data["widgets-TOTAL_FORMS"] = str(total + 1)
    for name, value in (("kind", "chart"), ("x", 0), ("y", bottom), ("w", 6), ("h", 4)):
        data[f"widgets-{total}-{name}"] = str(value)
    return WidgetFormSet(data, prefix="widgets", form_kwargs={"reports": reports})


def _drawn(request: HttpRequest, widget: Widget) -> Any:
    report = widget.report
    assert report is not None  # noqa: S101  (the loader asked for one)
    chart = report.chart_spec
    if widget.kind == Widget.Kind.TABLE:
        chart = chart.model_copy(update={"kind": ChartKind.TABLE})
    elif widget.kind == Widget.Kind.NUMBER:
        chart = chart.model_copy(update={"kind": ChartKind.NUMBER})
    refresh = request.GET.get("refresh") == "1"
    reader = member(request)
    return drawn_or_error(
        lambda: run_report(report, reader=reader, refresh=refresh), chart, title=str(widget)
    )


def _obstacle(request: HttpRequest, widget: Widget) -> str:
    """Why the widget cannot be shown to this person; it then tells nothing of the report."""
    if widget.report is None:
        return ""
    if not request.user.has_perm("catalog.view_report", widget.report):
        return _("This widget shows a report that you may not see.")
    return _("The report of this widget is in the trash.") if widget.report.is_trashed else ""


def _laid_out(reports: list[Report]) -> list[WidgetInput]:
    kinds = [
        report.chart["kind"] if report.chart["kind"] in {"table", "number"} else "chart"
        for report in reports
    ]
    return [
        WidgetInput(kind=kind, report=report.pk, x=x, y=y, w=w, h=h)
        for kind, report, (x, y, w, h) in zip(kinds, reports, layout(kinds), strict=True)
    ]
