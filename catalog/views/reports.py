"""Reports: list, page, data, pictures."""

from __future__ import annotations

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import member
from accounts.permissions import require
from catalog import queries
from catalog.charts.errors import ChartRenderError
from catalog.charts.option import draw
from catalog.charts.render import render_svg
from catalog.connectors.base import SourceError
from catalog.drawing import drawn_or_error
from catalog.loaders import access_report
from catalog.models import Report
from catalog.query.describe import describe
from catalog.query.spec import ReportQuery
from catalog.running import problem_of, run_report
from catalog.views.lists import list_page
from common.http.htmx import is_htmx
from common.http.problems import Problem
from common.sandbox import SandboxError

log = structlog.get_logger(__name__)


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.view_report")
    listing = queries.listing(
        queries.reports_of(request.user), user=request.user, params=request.GET
    )
    return list_page(request, "report", listing)


@require_safe
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The question, its answer, and where it comes from."""
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
        "may_see_source": request.user.has_perm("catalog.view_datasource", report.source),
        "drawn": _drawn(request, report),
        "dashboards": queries.dashboards_of(request.user).filter(widgets__report=report).distinct(),
    }
    return render(request, "catalog/report_detail.html", context)


@require_safe
def report_result(request: HttpRequest, pk: int) -> HttpResponse:
    """The drawn data alone: refresh, and retry after a failure."""
    if not is_htmx(request):
        return report_detail(request, pk)
    report = access_report(request, pk)
    context = {"drawn": _drawn(request, report), "report": report}
    return render(request, "catalog/_report_result.html", context)


@require_safe
def report_svg(request: HttpRequest, pk: int) -> HttpResponse:
    """The chart as a picture, for pages without JavaScript."""
    report = access_report(request, pk)
    dark = request.GET.get("dark") == "1"
    try:
        result = run_report(report, reader=member(request))
        picture = draw(result, report.chart_spec, title=report.name, dark=dark)
        if picture.option is None:
            raise Problem("NOT_FOUND", picture.message)
        svg = render_svg(picture.option, 720, 380, dark)
    except SourceError as error:
        raise problem_of(error) from None
    except (ChartRenderError, SandboxError) as error:
        log.warning("no picture", report=pk, error=str(error)[:300])
        detail = _("The picture could not be made. The report's page shows the data.")
        raise Problem("SOURCE_FAILED", detail) from None
    return HttpResponse(
        svg,
        content_type="image/svg+xml",
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cache-Control": "private, max-age=60",
        },
    )


def _drawn(request: HttpRequest, report: Report) -> Any:
    refresh, reader = request.GET.get("refresh") == "1", member(request)
    return drawn_or_error(
        lambda: run_report(report, reader=reader, refresh=refresh),
        report.chart_spec,
        title=report.name,
    )
