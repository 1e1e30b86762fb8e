"""The first rows of a report and its chart, for the review: read after the rollback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from catalog.charts.spec import ChartSpec
from catalog.connectors.base import SourceError
from catalog.drawing import Drawn, drawn
from catalog.models import Report
from catalog.query.result import Result
from catalog.running import context_for, explain_failure, run_connection
from common.http.problems import Problem

LOOK_ROWS = 500


def look_at(report: Report, user: User) -> Callable[[], dict[str, Any]]:
    """Everything is read from the database now, the data when the function is called."""
    connection, context = report.source.connection(), context_for(report.source, user)
    query, chart, title = report.query_spec, report.chart_spec, report.name

    def look() -> dict[str, Any]:
        try:
            result = run_connection(connection, query, reader=user, context=context, rows=LOOK_ROWS)
            summary = drawn(result, chart, title=title).summary
        except (Problem, SourceError, ValueError) as error:
            return {"error": explain_failure(error)}
        return {
            "title": title,
            "chart": chart.model_dump(mode="json"),
            "result": result.to_json(),
            "summary": summary,
        }

    return look


def drawn_look(entry: dict[str, Any]) -> Drawn | None:
    """The chart of a dry run's step, ready for a template; ``None`` when it has none."""
    if error := entry.get("error"):
        return Drawn(kind="table", title=entry.get("title", ""), error=error)
    if "result" not in entry:
        return None
    chart = ChartSpec.model_validate(entry["chart"])
    return drawn(Result.from_json(entry["result"]), chart, title=entry["title"])
