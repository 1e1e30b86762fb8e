"""Uploads, steps and sessions for the tests of execution."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django.conf import settings
from openpyxl import Workbook

from accounts.models import User
from catalog.actions.uploads import receive_upload
from catalog.models import Upload
from common.jobs import run_pending
from wizard.actions import plans
from wizard.facts import names_in
from wizard.models import WizardSession
from wizard.plan.model import (
    ChartShorthand,
    Entity,
    FileSpec,
    Operation,
    ParamValue,
    PlanError,
    Ref,
    Step,
    WidgetSpec,
)
from wizard.plan.parse import parse

CSV = "Month,Region,Revenue\n2026-01-01,North,10\n2026-02-01,South,20\n2026-03-01,North,30\n"
MADE = Ref("ds-1")
SAMPLE = Path(__file__).parents[1] / "plan" / "data" / "sample.xml"


def upload_csv(user: User, name: str = "sales.csv", text: str = CSV) -> Upload:
    return receive_upload(actor=user, name=name, chunks=[text.encode()])


def upload_xlsx(user: User, name: str = "sales_q4.xlsx", sheet: str = "Q4 Data") -> Upload:
    book = Workbook()
    book.active.title = "Notes"
    book.active.append(["just a note"])
    rows = book.create_sheet(sheet)
    for row in (["Month", "Revenue"], ["Oct", 100], ["Nov", 150], ["Dec", 90]):
        rows.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return receive_upload(actor=user, name=name, chunks=[stream.getvalue()])


def spec(upload: Upload) -> FileSpec:
    return FileSpec(upload.name, str(upload.pk), upload.sha256)


def source_step(upload: Upload, number: int = 1, name: str = "Sales") -> Step:
    return Step(
        f"step-{number}",
        Operation.CREATE,
        Entity.DATA_SOURCE,
        {"name": name, "type": upload.kind, "fileMetadata": spec(upload)},
        output=f"ds-{number}",
    )


def report_step(
    source: Ref | int = MADE, number: int = 2, name: str = "Revenue", **more: ParamValue
) -> Step:
    chart = ChartShorthand("bar", "Month", "Revenue")
    return Step(
        f"step-{number}",
        Operation.CREATE,
        Entity.REPORT,
        {"name": name, "sourceId": source, "config": chart, **more},
        depends_on=("step-1",) if isinstance(source, Ref) else (),
        output="report-1",
    )


def chain(upload: Upload, cron: str = "0 8 * * 1") -> tuple[Step, ...]:
    """Source, report, dashboard, schedule: each stands on the one before."""
    layout = (
        WidgetSpec("chart", 0, 0, 12, 6, report=Ref("report-1")),
        WidgetSpec("text", 0, 0, 12, 2, text="Notes"),
    )
    return (
        source_step(upload),
        report_step(),
        Step(
            "step-3",
            Operation.CREATE,
            Entity.DASHBOARD,
            {"name": "KPIs", "layout": layout},
            depends_on=("step-2",),
            output="dashboard-1",
        ),
        Step(
            "step-4",
            Operation.CREATE,
            Entity.SCHEDULE,
            {"name": "Weekly", "cron": cron, "dashboardId": Ref("dashboard-1")},
            depends_on=("step-3",),
            output="schedule-1",
        ),
    )


def update(entity: Entity, pk: int, number: int = 1, **params: ParamValue) -> Step:
    return Step(f"step-{number}", Operation.UPDATE, entity, params, target=pk)


def delete(entity: Entity, pk: int, number: int = 1) -> Step:
    return Step(f"step-{number}", Operation.DELETE, entity, target=pk)


def collecting(user: User) -> WizardSession:
    return WizardSession.objects.create(
        organization=user.organization, user=user, status="COLLECTING"
    )


def planned(user: User, *steps: Step) -> WizardSession:
    """A session whose plan was made; its dry run is still to run."""
    return plans.make_plan(session=collecting(user), steps=steps, description="Test")


def reviewed(user: User, *steps: Step) -> WizardSession:
    session = planned(user, *steps)
    run_pending()
    session.refresh_from_db()
    return session


def confirm(session: WizardSession, **more: Any) -> WizardSession:
    """As a person would: with the name of what goes, where the plan deletes something."""
    return plans.confirm(
        session=session,
        actor=session.user,
        fingerprint=session.plan_sha256,
        **{"typed": to_type(session), **more},
    )


def to_type(session: WizardSession) -> str:
    if session.plan is None:
        return ""
    try:
        plan = parse(bytes(session.plan))
    except PlanError:
        return ""
    return plans.name_to_type(plan, names_in(plan, session.user))


def executed(user: User, *steps: Step) -> WizardSession:
    session = reviewed(user, *steps)
    assert session.findings == [] or all(f["severity"] == "warning" for f in session.findings)
    confirm(session)
    run_pending()
    session.refresh_from_db()
    return session


def codes(session: WizardSession) -> list[str]:
    """Of the errors; warnings keep nobody from confirming."""
    return [each["code"] for each in session.findings if each["severity"] == "error"]


def stored_files() -> set[str]:
    """Converted files on disk."""
    folder = Path(settings.MEDIA_ROOT) / "sources"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def statuses(session: WizardSession) -> list[str]:
    rows = session.steps.filter(plan_sha256=session.plan_sha256)
    return list(rows.values_list("status", flat=True))
