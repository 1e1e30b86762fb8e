"""Catalog items for tests: made by the actions, with real files and without the intake's time."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, timedelta
from typing import Any

import duckdb

from accounts.models import Project, User
from catalog.actions.dashboards import WidgetInput, create_dashboard
from catalog.actions.reports import create_report
from catalog.actions.schedules import create_schedule
from catalog.actions.sources import PreparedSource, create_source
from catalog.actions.uploads import receive_upload
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.models import Dashboard, DataSource, Report, Schedule, Upload
from catalog.models.sources import stored_path
from catalog.query.spec import Aggregate, Dimension, Grain, Measure, ReportQuery
from tests.world import World

CSV = (
    "order_date,region,amount,quantity\n"
    "2024-01-05,North,12.50,2\n"
    "2024-01-20,South,8.00,1\n"
    "2024-02-11,North,20.25,4\n"
)
COLUMNS = [
    ColumnInfo("order_date", "Order date", "date", "time"),
    ColumnInfo("region", "Region", "text", "category", stats={"distinct": 3}),
    ColumnInfo("email", "E-mail", "text", "email", sensitive=True),
    ColumnInfo("amount", "Amount", "number", "money"),
    ColumnInfo("quantity", "Quantity", "integer", "number"),
]
TABLE = TableInfo("data", "Orders", COLUMNS, rows=60, kind="file")
BY_MONTH = ReportQuery(
    table="data",
    dimensions=(Dimension(column="order_date", grain=Grain.MONTH),),
    measures=(Measure(aggregate=Aggregate.SUM, column="amount"),),
)
BY_REGION = ReportQuery(
    table="data",
    dimensions=(Dimension(column="region"),),
    measures=(Measure(aggregate=Aggregate.SUM, column="amount"),),
)
_numbers = itertools.count(1)


def prepared_orders(rows: int = 60) -> PreparedSource:
    """A Parquet file of orders as the conversion would have left it."""
    stored = f"{uuid.uuid4()}.parquet"
    path = stored_path(stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    regions = ("North", "South", "West")
    first = date(2024, 1, 1)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t (order_date DATE, region TEXT, email TEXT, amount DOUBLE,"
            " quantity BIGINT)"
        )
        values = [
            (first + timedelta(days=5 * n), regions[n % 3], f"p{n}@example.org", n * 1.5, n)
            for n in range(rows)
        ]
        if values:
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", values)
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return PreparedSource(
        kind="csv",
        stored=stored,
        original_name="orders.csv",
        sha256="0" * 64,
        tables=[
            {
                "name": "data",
                "label": "Orders",
                "kind": "file",
                "rows": rows,
                "columns": [_column(column) for column in COLUMNS],
                "foreign_keys": [],
            }
        ],
        report={"findings": [{"code": "x", "severity": "info", "message": "Read.", "where": ""}]},
        rows=rows,
        size=path.stat().st_size,
    )


def make_source(world: World, **changes: Any) -> DataSource:
    fields: dict[str, Any] = {
        "actor": world.alice,
        "project": world.general,
        "name": f"Orders {next(_numbers)}",
    } | changes
    rows = fields.pop("rows", 60)
    return create_source(prepared=prepared_orders(rows), **fields)


def make_report(world: World, source: DataSource | None = None, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "actor": world.alice,
        "project": world.general,
        "name": f"Amounts {next(_numbers)}",
        "query": BY_REGION,
        "chart": ChartSpec(kind=ChartKind.BAR),
    } | changes
    source = source or make_source(world, actor=fields["actor"], project=fields["project"])
    return create_report(source=source, **fields)


def make_dashboard(world: World, *reports: Report, **changes: Any) -> Dashboard:
    reports = reports or (make_report(world),)
    fields: dict[str, Any] = {
        "actor": world.alice,
        "project": world.general,
        "name": f"Overview {next(_numbers)}",
        "widgets": [
            WidgetInput(kind="chart", report=report.pk, x=6 * (n % 2), y=4 * (n // 2))
            for n, report in enumerate(reports)
        ],
    } | changes
    return create_dashboard(**fields)


def make_schedule(world: World, report: Report | None = None, **changes: Any) -> Schedule:
    fields: dict[str, Any] = {
        "actor": world.alice,
        "project": world.general,
        "name": f"Every morning {next(_numbers)}",
        "cron": "0 8 * * *",
        "timezone": "Europe/Berlin",
    } | changes
    if "dashboard" not in fields:
        fields["report"] = report or make_report(world)
    return create_schedule(**fields)


def make_upload(world: World, content: bytes = CSV.encode(), name: str = "orders.csv") -> Upload:
    return receive_upload(actor=world.alice, name=name, chunks=[content])


def in_project(project: Project, user: User) -> dict[str, Any]:
    return {"project": project, "actor": user}


def _column(column: ColumnInfo) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": column.label,
        "type": column.type,
        "semantic": column.semantic,
        "sensitive": column.sensitive,
        "stats": column.stats,
    }
