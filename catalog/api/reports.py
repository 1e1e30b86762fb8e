"""Reports over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.access import member
from accounts.permissions import require
from catalog import queries
from catalog.api.schemas import ReportDataOut
from catalog.connectors.base import SourceError
from catalog.running import problem_of, run_report
from common import ratelimit

router = Router()


@router.get("/{report_id}/data", response=ReportDataOut, summary="The report's rows")
def read_data(request: HttpRequest, report_id: int, refresh: bool = False) -> dict[str, Any]:
    """The rows as the caller may see them; ``refresh`` leaves the cache aside."""
    report = get_object_or_404(queries.reports_of(request.user), pk=report_id)
    reader = member(request)
    require(reader, "catalog.view_report")
    if refresh:
        ratelimit.charge("query", str(reader.pk))
    try:
        result = run_report(report, reader=reader, refresh=refresh)
    except SourceError as error:
        raise problem_of(error) from None
    data = result.to_json()
    return {
        "id": report.pk,
        "name": report.name,
        "columns": data["columns"],
        "rows": data["rows"],
        "truncated": data["truncated"],
        "durationMs": data["duration_ms"],
        "asOf": data["as_of"],
        "cached": data["cached"],
        "sql": data["sql"],
        "notes": data["notes"],
    }
