"""A result made ready for a template: the chart's option, its table twin, its sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied

from catalog.charts.errors import ChartError
from catalog.charts.number import KeyNumber, number
from catalog.charts.option import draw
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.charts.summary import summarise
from catalog.charts.table import Table, table
from catalog.connectors.base import SourceError
from catalog.query.result import Result
from catalog.running import explain_failure
from common.http.problems import Problem

TABLE_ROWS = 200
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Exactly one of ``option``, ``number``, ``message`` or just the table is the picture.

    ``error`` replaces everything when the data could not be had.
    """

    kind: str
    title: str
    result: Result | None = None
    option: dict[str, Any] | None = None
    number: KeyNumber | None = None
    table: Table | None = None
    summary: str = ""
    message: str = ""
    notes: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def option_json(self) -> str:
        """The option for the chart element's attribute; the template escapes it."""
        return json.dumps(self.option, ensure_ascii=False, separators=(",", ":"))

    @property
    def as_of(self) -> datetime | None:
        as_of = self.result.as_of if self.result else ""
        return datetime.fromisoformat(as_of) if as_of else None

    @property
    def shown_rows(self) -> int:
        return min(TABLE_ROWS, len(self.result.rows)) if self.result else 0


def drawn(result: Result, chart: ChartSpec, *, title: str) -> Drawn:
    """Draw ``result`` as ``chart`` says; an empty result is a message, not an error."""
    twin = table(result, chart, limit=TABLE_ROWS)
    base: dict[str, Any] = {
        "kind": chart.kind.value,
        "title": title,
        "result": result,
        "table": twin,
        "summary": summarise(result, chart, title),
    }
    if not result.rows:
        return Drawn(**base, message="There are no rows for this question.")
    if chart.kind is ChartKind.TABLE:
        return Drawn(**base)
    if chart.kind is ChartKind.NUMBER:
        return _figure(result, chart, base)
    picture = draw(result, chart, title=title)
    return Drawn(
        **base, option=picture.option, message=picture.message or "", notes=list(picture.notes)
    )


def _figure(result: Result, chart: ChartSpec, base: dict[str, Any]) -> Drawn:
    try:
        return Drawn(**base, number=number(result, chart))
    except ChartError as error:
        return Drawn(**base, message=f"{error.message} {error.hint}".strip())


def drawn_or_error(compute: Callable[[], Result], chart: ChartSpec, *, title: str) -> Drawn:
    """The same for data that may fail: the failure is a sentence in the widget's place."""
    try:
        return drawn(compute(), chart, title=title)
    except (SourceError, Problem, PermissionDenied, ChartError, ValueError) as error:
        log.info("drawing failed", title=title, error=str(error)[:300])
        return Drawn(kind=chart.kind.value, title=title, error=explain_failure(error))
