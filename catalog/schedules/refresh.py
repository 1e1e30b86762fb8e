"""The task “refresh the report”: its query runs anew and the cache holds what came."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from catalog.connectors.base import SourceError
from catalog.models import Report, Run
from catalog.running import run_report
from catalog.schedules.registry import TaskType
from common.http.problems import Problem


def refresh(run: Run) -> dict[str, Any]:
    """Run the schedule's report, or every report of its dashboard, as the schedule's owner."""
    schedule = run.schedule
    reports = (
        [schedule.report]
        if schedule.report
        else list(
            Report.objects.live()
            .filter(widgets__dashboard=schedule.dashboard)
            .select_related("source")
            .distinct()
        )
    )
    rows, failures = 0, []
    for report in reports:
        try:
            rows += len(run_report(report, reader=schedule.owner, refresh=True).rows)
        except (SourceError, Problem, PermissionDenied) as error:  # the others are refreshed still
            failures.append(error)
    if failures:
        raise failures[0]
    return {"reports": len(reports), "rows": rows}


REFRESH = TaskType("refresh_report", _("Refresh the report"), refresh)
