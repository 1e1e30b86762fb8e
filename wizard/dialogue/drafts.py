"""What is known so far of the things to make; ``dialogue.complete`` turns them into steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog.charts.spec import ChartSpec
from catalog.connectors.base import TableInfo
from catalog.query.spec import ReportQuery
from wizard.plan.model import FileSpec, SecretRef


@dataclass(slots=True)
class SourceDraft:
    """A data source to make, or the existing one with ID ``existing``."""

    name: str
    tables: tuple[TableInfo, ...]
    existing: int | None = None
    kind: str = ""
    category: str = ""
    file: FileSpec | None = None
    connection: dict[str, str | SecretRef] = field(default_factory=dict)


@dataclass(slots=True)
class ReportDraft:
    """A report to make, or the existing one; ``chart_kind`` is known for both."""

    name: str
    chart_kind: str
    existing: int | None = None
    description: str = ""
    source: SourceDraft | None = None
    query: ReportQuery | None = None
    chart: ChartSpec | None = None


@dataclass(slots=True)
class DashboardDraft:
    name: str
    reports: list[ReportDraft]
    existing: int | None = None
    description: str = ""


@dataclass(slots=True)
class ScheduleDraft:
    name: str
    target: ReportDraft | DashboardDraft
    cron: str
    timezone: str
    task_type: str = ""
    format: str = ""
    recipients: tuple[str, ...] = ()


Draft = SourceDraft | ReportDraft | DashboardDraft | ScheduleDraft


@dataclass(frozen=True, slots=True)
class Preview:
    """Enough to draw the chart beside the questions: the source, and what to ask of it."""

    source: SourceDraft
    query: ReportQuery
    chart: ChartSpec
