"""A small world for the dialogue: some items, some uploads, and the rules of real catalogs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, FormField, TableInfo
from catalog.query.spec import Aggregate, Dimension, Grain, Measure, ReportQuery
from wizard.dialogue.catalog import (
    Axes,
    ConnectionInfo,
    Item,
    Project,
    Sheet,
    SourceKind,
    Suggestion,
    TaskType,
    UploadInfo,
)
from wizard.plan.model import Entity

NOW = datetime(2026, 2, 20, 13, 0, tzinfo=UTC)

SALES_FILE = "00000000-0000-4000-8000-000000000001"
PEOPLE_FILE = "00000000-0000-4000-8000-000000000002"
CSV_FILE = "00000000-0000-4000-8000-000000000003"
BROKEN_FILE = "00000000-0000-4000-8000-000000000004"
GONE_FILE = "00000000-0000-4000-8000-000000000005"

Q4 = TableInfo(
    "data",
    "Q4 Data",
    [
        ColumnInfo("month", "Month", "date", "time"),
        ColumnInfo("revenue", "Revenue", "decimal", "money"),
        ColumnInfo("cost", "Cost", "decimal", "money"),
        ColumnInfo("region", "Region", "text", "category"),
    ],
    rows=120,
    kind="file",
)
SUMMARY = TableInfo("data", "Summary", [ColumnInfo("total", "Total", "number", "number")], rows=1)
PEOPLE = TableInfo(
    "people",
    "People",
    [ColumnInfo("name", "Name", "text", "name"), ColumnInfo("age", "Age", "integer", "number")],
)
CITIES = TableInfo("cities", "Cities", [ColumnInfo("city", "City", "text", "category")])

KINDS = (
    SourceKind("csv", "CSV file", "file", extensions=(".csv", ".tsv")),
    SourceKind("excel", "Excel file", "file", extensions=(".xlsx", ".ods")),
    SourceKind(
        "sqlite",
        "SQLite database",
        "database",
        form_fields=(FormField("file", "File", "upload"),),
        extensions=(".sqlite",),
    ),
    SourceKind(
        "postgres",
        "PostgreSQL",
        "database",
        form_fields=(
            FormField("host", "Host"),
            FormField("port", "Port", "integer", default="5432"),
            FormField("database", "Database"),
            FormField("password", "Password", "password", secret=True),
        ),
        permission="catalog.add_database_source",
    ),
)
UPLOADS = {
    SALES_FILE: UploadInfo(
        SALES_FILE,
        "sales_q4.xlsx",
        "a" * 64,
        "excel",
        sheets=(Sheet("Q4 Data", 120, 4), Sheet("Summary", 1, 1)),
        sheet="Q4 Data",
        tables=(Q4,),
        options={"header_row": 1, "sheet": "Q4 Data"},
        rows=120,
    ),
    PEOPLE_FILE: UploadInfo(
        PEOPLE_FILE, "people.sqlite", "b" * 64, "sqlite", tables=(PEOPLE, CITIES)
    ),
    CSV_FILE: UploadInfo(
        CSV_FILE, "orders.csv", "c" * 64, "csv", tables=(Q4,), options={"delimiter": ";"}
    ),
    BROKEN_FILE: UploadInfo(BROKEN_FILE, "x.xlsx", "d" * 64, "excel", problem="it is encrypted."),
}


@dataclass
class FakeCatalog:
    denied: dict[str, str] = field(default_factory=dict)
    project_list: list[Project] = field(default_factory=lambda: [Project(1, "General", True)])
    kinds: tuple[SourceKind, ...] = KINDS
    tasks: list[TaskType] = field(default_factory=list)
    things: list[Item] = field(default_factory=list)
    source_tables: dict[int, tuple[TableInfo, ...]] = field(default_factory=dict)
    uploads: dict[str, UploadInfo] = field(default_factory=lambda: dict(UPLOADS))
    taken: set[tuple[Entity, str]] = field(default_factory=set)
    reachable: bool = True

    def add(self, entity: Entity, pk: int, name: str, kind: str = "", **more: Any) -> Item:
        url = f"/{entity.lower()}/{pk}/"
        item = Item(entity, pk, name, "General", kind, url=url, **more)
        self.things.append(item)
        if entity is Entity.DATA_SOURCE:
            self.source_tables[pk] = (Q4,)
        return item

    def remove(self, entity: Entity, pk: int) -> None:
        self.things = [i for i in self.things if (i.entity, i.id) != (entity, pk)]

    def may(self, permission: str) -> tuple[bool, str]:
        return permission not in self.denied, self.denied.get(permission, "")

    def projects(self) -> Sequence[Project]:
        return self.project_list

    def source_kinds(self) -> Sequence[SourceKind]:
        return self.kinds

    def task_types(self) -> Sequence[TaskType]:
        return self.tasks

    def _of(self, entity: Entity, q: str) -> list[Item]:
        return [i for i in self.things if i.entity is entity and q.casefold() in i.name.casefold()]

    def sources(self, q: str = "") -> Sequence[Item]:
        return self._of(Entity.DATA_SOURCE, q)

    def reports(self, q: str = "") -> Sequence[Item]:
        return self._of(Entity.REPORT, q)

    def dashboards(self, q: str = "") -> Sequence[Item]:
        return self._of(Entity.DASHBOARD, q)

    def schedules(self, q: str = "") -> Sequence[Item]:
        return self._of(Entity.SCHEDULE, q)

    def item(self, entity: Entity, pk: int) -> Item | None:
        return next((i for i in self.things if (i.entity, i.id) == (entity, pk)), None)

    def tables(self, source_id: int) -> Sequence[TableInfo]:
        return self.source_tables.get(source_id, ())

    def upload(self, upload_id: str, options: Mapping[str, Any] | None = None) -> UploadInfo | None:
        """Reads as told: another sheet, another header row (it renames columns), other types."""
        upload = self.uploads.get(upload_id)
        if upload is None or not options:
            return upload
        sheet = options.get("sheet", upload.sheet)
        table = SUMMARY if sheet == "Summary" else upload.tables[0]
        if options.get("header_row", 1) > 50:
            return replace(upload, problem="there are no rows below that one.")
        if options.get("header_row", 1) != 1:
            names = [replace(c, name=f"{c.name}_x", label=f"{c.label} x") for c in table.columns]
            table = replace(table, columns=names)
        types = options.get("types", {})
        table = replace(
            table, columns=[replace(c, type=types.get(c.name, c.type)) for c in table.columns]
        )
        resolved = {**upload.options, **options}
        return replace(upload, sheet=sheet, tables=(table,), options=resolved)

    def connection(self, kind: str, values: Mapping[str, Any]) -> ConnectionInfo:
        if not self.reachable:
            return ConnectionInfo(False, "nobody answers there.", "Check host and port.")
        return ConnectionInfo(True, "Connected to PostgreSQL 17.", tables=(PEOPLE, CITIES))

    def suggestions(self, table: TableInfo) -> Sequence[Suggestion]:
        found = []
        times = [c for c in table.columns if c.type == "date"]
        words = [c for c in table.columns if c.type == "text"]
        for kind, columns in ((ChartKind.LINE, times), (ChartKind.BAR, words)):
            for x in columns:
                for y in self.axes(kind, table).y[:1]:
                    grain = Grain.MONTH if kind is ChartKind.LINE else None
                    query, chart = self.query_for(
                        kind,
                        table,
                        x=x.name,
                        y=y,
                        series=None,
                        aggregate=Aggregate.SUM,
                        grain=grain,
                    )
                    reason = f"{x.label} looks like {x.semantic}, so a {kind} suits."
                    found.append(Suggestion(f"{y} by {x.label}", query, chart, reason))
        return found

    def dashboard_suggestions(self, table: TableInfo) -> Sequence[Suggestion]:
        return self.suggestions(table)

    def default_grain(self, table: TableInfo, column: str) -> Grain:
        return Grain.MONTH

    def axes(self, kind: ChartKind, table: TableInfo) -> Axes:
        numbers = tuple(c.name for c in table.columns if c.type in ("integer", "number", "decimal"))
        others = tuple(c.name for c in table.columns if c.name not in numbers)
        return Axes(numbers if kind is ChartKind.SCATTER else others, numbers, others)

    def default_aggregate(self, table: TableInfo, column: str) -> Aggregate:
        return Aggregate.SUM

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
        if kind is ChartKind.SCATTER:
            assert x
            assert y
            query = ReportQuery(
                table=table.name, dimensions=(Dimension(column=x), Dimension(column=y))
            )
            return query, ChartSpec(kind=kind, x="d1", y=("d2",))
        dimensions = [Dimension(column=x, grain=grain)] if x else []
        dimensions += [Dimension(column=series)] if series else []
        measure = Measure(aggregate=aggregate or Aggregate.COUNT, column=y)
        query = ReportQuery(
            table=table.name,
            dimensions=tuple(dimensions),
            measures=(measure,),
            series="d2" if series else None,
        )
        return query, ChartSpec(kind=kind, x="d1" if x else None, y=("m1",))

    def propose_name(self, table: TableInfo, query: ReportQuery, chart: ChartSpec) -> str:
        return f"{table.label} as {chart.kind}"

    def name_free(self, entity: Entity, name: str, project: int | None) -> bool:
        used = {(i.entity, i.name.casefold()) for i in self.things}
        return (entity, name.casefold()) not in used | self.taken

    def timezone(self) -> str:
        return "Europe/Berlin"

    def next_runs(self, cron: str, timezone: str, n: int) -> Sequence[datetime]:
        try:
            return list(islice(CronSim(cron, NOW.astimezone(ZoneInfo(timezone))), n))
        except CronSimError as error:
            raise ValueError(str(error)) from None


def populated() -> FakeCatalog:
    """Two sources, three reports, a dashboard, two schedules."""
    world = FakeCatalog()
    world.add(Entity.DATA_SOURCE, 5, "Sales Data", "excel")
    world.add(Entity.DATA_SOURCE, 6, "Marketing", "csv")
    world.add(Entity.REPORT, 1, "Sales Report", "bar")
    world.add(Entity.REPORT, 2, "User Growth", "line")
    world.add(Entity.REPORT, 8, "Churn", "number")
    world.add(Entity.DASHBOARD, 4, "Overview")
    world.add(Entity.SCHEDULE, 1, "Weekly mail", active=True)
    world.add(Entity.SCHEDULE, 2, "Old mail", active=False)
    return world
