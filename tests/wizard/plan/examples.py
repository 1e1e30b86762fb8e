"""Plans that several tests speak about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.spec import (
    Aggregate,
    Dimension,
    Filter,
    Grain,
    Measure,
    Operator,
    ReportQuery,
    Sort,
)
from wizard.plan.model import Entity, FileSpec, Operation, Plan, Ref, Step, WidgetSpec

SAMPLE = (Path(__file__).parent / "data" / "sample.xml").read_bytes()
NOON = datetime(2026, 2, 20, 13, 0, tzinfo=UTC)

SOURCE = Step(
    id="step-1",
    operation=Operation.CREATE,
    entity=Entity.DATA_SOURCE,
    params={
        "name": "Sales Data Q4",
        "type": "excel",
        "connectionType": "file",
        "fileMetadata": FileSpec("sales_q4.xlsx", sheet="Q4 Data", options={"header_row": 1}),
    },
    output="ds-1",
)
REPORT = Step(
    id="step-2",
    operation=Operation.CREATE,
    entity=Entity.REPORT,
    params={
        "name": "Q4 Revenue by Month",
        "sourceId": Ref("ds-1"),
        "query": ReportQuery(
            table="q4_data",
            dimensions=(Dimension(column="month", grain=Grain.MONTH),),
            measures=(Measure(aggregate=Aggregate.SUM, column="revenue"),),
            filters=(Filter(column="region", operator=Operator.EQ, values=("North",)),),
            sort=(Sort(by="d1"),),
            limit=100,
        ),
        "config": ChartSpec(kind=ChartKind.BAR, x="d1", y=("m1",)),
    },
    depends_on=("step-1",),
    output="report-1",
)
DASHBOARD = Step(
    id="step-3",
    operation=Operation.CREATE,
    entity=Entity.DASHBOARD,
    params={
        "name": "Q4 Sales Dashboard",
        "layout": (WidgetSpec("chart", 0, 0, 12, 6, report=Ref("report-1")),),
    },
    depends_on=("step-2",),
    output="dashboard-1",
)
SCHEDULE = Step(
    id="step-4",
    operation=Operation.CREATE,
    entity=Entity.SCHEDULE,
    params={
        "name": "Every morning",
        "cron": "0 7 * * *",
        "timezone": "Europe/Berlin",
        "taskType": "refresh_report",
        "active": True,
        "dashboardId": Ref("dashboard-1"),
    },
    depends_on=("step-3",),
    output="schedule-1",
)
PLAN = Plan((SOURCE, REPORT, DASHBOARD, SCHEDULE), "Sales of the quarter", "user@example.com", NOON)


def one_step(
    *,
    operation: Operation = Operation.CREATE,
    entity: Entity = Entity.REPORT,
    params: dict[str, Any] | None = None,
    **step: Any,
) -> Plan:
    return plan_of(Step("step-1", operation, entity, params or {}, **step))


def plan_of(*steps: Step) -> Plan:
    return Plan(steps, "A plan", "user@example.com", NOON)
