"""The world as the dialogue sees it. The web process implements this for one user; tests fake it.

Everything here is already limited to what the user may see. Values may be kept for the length of
one request, never longer: the dialogue notices by asking again that something has gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import FormField, TableInfo
from catalog.query.spec import Aggregate, Grain, ReportQuery
from wizard.plan.model import Entity


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A connector of the registry."""

    key: str
    label: str
    category: Literal["file", "database"]
    description: str = ""
    icon: str = "database"
    form_fields: tuple[FormField, ...] = ()
    extensions: tuple[str, ...] = ()
    permission: str = "catalog.add_datasource"

    @property
    def uploads(self) -> bool:
        """Is this kind made from an uploaded file? (SQLite is, and is a database.)"""
        return self.category == "file" or any(f.kind == "upload" for f in self.form_fields)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that exists. ``kind`` is the source's kind or the report's chart kind;
    ``active`` is None for what cannot be paused."""

    entity: Entity
    id: int
    name: str
    project: str = ""
    kind: str = ""
    description: str = ""
    url: str = ""
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    name: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rows: int | None = None
    columns: int | None = None


@dataclass(frozen=True, slots=True)
class UploadInfo:
    """An upload as the intake reads it with ``options``; ``problem`` says why it cannot."""

    id: str
    name: str
    sha256: str
    kind: str
    sheets: tuple[Sheet, ...] = ()
    sheet: str = ""
    tables: tuple[TableInfo, ...] = ()
    warnings: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """A connection test as it was made when its answer was given, and what it found."""

    ok: bool
    message: str
    hint: str = ""
    tables: tuple[TableInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A good report for a table and why, best first."""

    name: str
    query: ReportQuery
    chart: ChartSpec
    reason: str


@dataclass(frozen=True, slots=True)
class Axes:
    """Names of the columns that fit each role of a chart kind, likeliest first."""

    x: tuple[str, ...] = ()
    y: tuple[str, ...] = ()
    series: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskType:
    """What a schedule can do. ``formats`` are (key, label), the usual one first."""

    key: str
    label: str
    description: str = ""
    targets: tuple[Entity, ...] = (Entity.REPORT, Entity.DASHBOARD)
    formats: tuple[tuple[str, str], ...] = ()
    recipients: bool = False


class Catalog(Protocol):
    def may(self, permission: str) -> tuple[bool, str]:
        """May the user? If not, the sentence that says so."""

    def projects(self) -> Sequence[Project]:
        """Where the user may create things."""

    def source_kinds(self) -> Sequence[SourceKind]: ...

    def task_types(self) -> Sequence[TaskType]: ...

    def sources(self, q: str = "") -> Sequence[Item]: ...

    def reports(self, q: str = "") -> Sequence[Item]: ...

    def dashboards(self, q: str = "") -> Sequence[Item]: ...

    def schedules(self, q: str = "") -> Sequence[Item]: ...

    def item(self, entity: Entity, pk: int) -> Item | None:
        """The item if it exists and the user may see it."""

    def tables(self, source_id: int) -> Sequence[TableInfo]:
        """Tables of a source; none if it has gone or was never read."""

    def upload(self, upload_id: str, options: Mapping[str, Any] | None = None) -> UploadInfo | None:
        """The user's upload, read with these intake options (``sheet`` among them)."""

    def connection(self, kind: str, values: Mapping[str, Any]) -> ConnectionInfo:
        """The remembered test of these values; secrets are ``{"secret": name}``. To be tested
        anew whenever the answer or one of the session's secrets changes."""

    def suggestions(self, table: TableInfo) -> Sequence[Suggestion]:
        """Charts for a table, best first. (``ChartAdvice`` implements this and the next six.)"""

    def dashboard_suggestions(self, table: TableInfo) -> Sequence[Suggestion]:
        """Several reports that make a good first dashboard together."""

    def axes(self, kind: ChartKind, table: TableInfo) -> Axes: ...

    def default_aggregate(self, table: TableInfo, column: str) -> Aggregate: ...

    def default_grain(self, table: TableInfo, column: str) -> Grain: ...

    def query_for(
        self,
        kind: ChartKind,
        table: TableInfo,
        *,
        x: str | None,
        y: str | None,
        series: str | None,
        aggregate: Aggregate | None,
        grain: Grain | None,
    ) -> tuple[ReportQuery, ChartSpec]:
        """``y`` None counts rows; a scatter has no aggregate."""

    def propose_name(self, table: TableInfo, query: ReportQuery, chart: ChartSpec) -> str: ...

    def name_free(self, entity: Entity, name: str, project: int | None) -> bool: ...

    def timezone(self) -> str:
        """The organisation's time zone, the default of a schedule."""

    def next_runs(self, cron: str, timezone: str, n: int) -> Sequence[datetime]:
        """The next moments, in that zone; ``ValueError`` with a sentence for people."""
