"""UPDATE, DELETE, RESTORE, the way back, and removing a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from catalog.actions.reports import update_report
from catalog.actions.trash import restore_item
from catalog.models import Dashboard, DataSource, Report, Schedule
from catalog.query.spec import ReportQuery
from common import clock
from common.http.problems import Problem
from common.jobs import run_pending
from tests.wizard.execution.plans import (
    chain,
    codes,
    confirm,
    delete,
    executed,
    report_step,
    reviewed,
    statuses,
    stored_files,
    update,
    upload_csv,
)
from tests.world import World
from wizard.actions import plans
from wizard.models import WizardSession
from wizard.plan.model import ChartShorthand, Entity, Step, WidgetSpec

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made(world: World) -> WizardSession:
    return executed(world.alice, *chain(upload_csv(world.alice)))


def undo(session: WizardSession, actor: User) -> WizardSession:
    """The inverse plan, reviewed and executed."""
    inverse = plans.start_undo(session, actor)
    assert inverse.status == "CONFIRMING"
    run_pending()
    inverse.refresh_from_db()
    assert codes(inverse) == []
    confirm(inverse)
    run_pending()
    inverse.refresh_from_db()
    session.refresh_from_db()
    assert (inverse.status, inverse.error) == ("COMPLETED", "")
    return inverse


def state(item: Any) -> dict[str, Any]:
    fields = ("name", "description", "project_id", "query", "chart", "tags", "source_id", "cron",
              "timezone", "active", "report_id", "dashboard_id", "task_type")  # fmt: skip
    fresh = type(item).objects.get(pk=item.pk)
    found = {name: getattr(fresh, name) for name in fields if hasattr(fresh, name)}
    if isinstance(fresh, Dashboard):
        found["widgets"] = list(fresh.widgets.values("kind", "report_id", "x", "y", "w", "h"))
    return found


def changes(made: WizardSession) -> tuple[Step, ...]:
    report, dashboard = Report.objects.get(), Dashboard.objects.get()
    schedule, source = Schedule.objects.get(), DataSource.objects.get()
    line = ChartShorthand("line", "Month", "Revenue")
    layout = (WidgetSpec("table", 0, 0, 12, 6, report=report.pk),)
    return (
        update(Entity.DATA_SOURCE, source.pk, 1, name="Sales 2026", description="All regions"),
        update(Entity.REPORT, report.pk, 2, name="Turnover", config=line, tags=("money",)),
        update(Entity.DASHBOARD, dashboard.pk, 3, layout=layout),
        update(Entity.SCHEDULE, schedule.pk, 4, cron="0 9 * * *", active=False,
               reportId=report.pk),
    )  # fmt: skip


def test_changes_are_made_and_undone(world: World, made: WizardSession) -> None:
    items = [model.objects.get() for model in (DataSource, Report, Dashboard, Schedule)]
    before = [state(item) for item in items]
    session = executed(world.alice, *changes(made))
    assert (session.status, session.error) == ("COMPLETED", "")
    after = [state(item) for item in items]
    assert (after[0]["name"], after[0]["description"]) == ("Sales 2026", "All regions")
    assert (after[1]["chart"]["kind"], after[1]["tags"]) == ("line", ["money"])
    assert [widget["kind"] for widget in after[2]["widgets"]] == ["table"]
    assert (after[3]["dashboard_id"], after[3]["report_id"]) == (None, items[1].pk)
    assert (after[3]["cron"], after[3]["active"]) == ("0 9 * * *", False)
    undo(session, world.alice)
    assert [state(item) for item in items] == before
    assert session.status == "UNDONE"


def test_the_review_shows_old_and_new(world: World, made: WizardSession) -> None:
    session = reviewed(world.alice, *changes(made))
    found = {row["step"]: row.get("changes") for row in session.dry_run["steps"]}
    assert found["step-1"][0] == {"name": "Name", "old": "Sales", "new": "Sales 2026"}
    assert {"name": "Active", "old": "yes", "new": "no"} in found["step-4"]
    assert Report.objects.get().name == "Revenue"
    looked = session.dry_run["steps"][1]
    assert looked["chart"]["kind"] == "line"


def test_what_was_created_is_deleted_by_the_undo(world: World, made: WizardSession) -> None:
    undo(made, world.alice)
    for model in (DataSource, Report, Dashboard, Schedule):
        assert not model.objects.live().exists()
        assert model.objects.trashed().count() == 1
    assert made.status == "UNDONE"


def test_the_undo_of_the_undo_brings_it_back(world: World, made: WizardSession) -> None:
    first = undo(made, world.alice)
    undo(first, world.alice)
    for model in (DataSource, Report, Dashboard, Schedule):
        assert model.objects.live().count() == 1
    assert Dashboard.objects.get().widgets.filter(report=Report.objects.get()).exists()


def test_a_delete_shows_its_impact_and_is_undone(world: World, made: WizardSession) -> None:
    source = DataSource.objects.get()
    session = reviewed(world.alice, delete(Entity.DATA_SOURCE, source.pk))
    impact = session.dry_run["steps"][0]["impact"]
    assert {each["name"] for each in impact["dependents"]} == {"Revenue", "KPIs"}
    assert DataSource.objects.live().exists()
    confirm(session)
    run_pending()
    assert not Report.objects.live().exists()
    session.refresh_from_db()
    undo(session, world.alice)
    assert Report.objects.live().get().source == source
    assert len(stored_files()) == 1


def test_a_delete_takes_the_name_of_what_goes(world: World, made: WizardSession) -> None:
    session = reviewed(world.alice, delete(Entity.DATA_SOURCE, DataSource.objects.get().pk))
    for typed in ("", "something else"):
        with pytest.raises(Problem) as refused:
            confirm(session, typed=typed)
        assert refused.value.fields["typed"]
    session.refresh_from_db()
    assert session.status == "CONFIRMING"
    assert DataSource.objects.live().exists()


def test_what_changed_since_is_left_alone(world: World, made: WizardSession) -> None:
    update_report(actor=world.alice, report=Report.objects.get(), description="Mine now")
    inverse = plans.start_undo(made, world.alice)
    conflicts = [each for each in inverse.findings if each["code"] == "conflict"]
    # The report was changed, and so its source has to stay too.
    assert len(conflicts) == 2
    assert "was changed since" in conflicts[0]["message"]
    assert "“Revenue” depends on it" in conflicts[1]["message"]
    assert statuses(inverse) == ["pending"] * 2
    run_pending()
    inverse.refresh_from_db()
    confirm(inverse)
    run_pending()
    assert Report.objects.live().get().description == "Mine now"
    assert DataSource.objects.live().exists()
    assert not Dashboard.objects.live().exists()


def test_what_others_built_upon_it_keeps_it(world: World, made: WizardSession) -> None:
    source = DataSource.objects.get()
    executed(world.dave, report_step(source.pk, name="Of Dave"))
    inverse = plans.start_undo(made, world.alice)
    (conflict,) = [each for each in inverse.findings if each["code"] == "conflict"]
    assert "“Of Dave” depends on it" in conflict["message"]
    assert inverse.steps.count() == 3


def test_what_was_restored_already_is_no_longer_undone(world: World, made: WizardSession) -> None:
    report = Report.objects.get()
    session = executed(world.alice, delete(Entity.REPORT, report.pk))
    report.refresh_from_db()
    restore_item(actor=world.alice, item=report)
    with pytest.raises(Problem) as caught:
        plans.start_undo(session, world.alice)
    assert caught.value.code == "ILLEGAL_TRANSITION"
    assert "was restored" in caught.value.detail


def test_undo_is_asked_twice_and_started_once(world: World, made: WizardSession) -> None:
    first = plans.start_undo(made, world.alice)
    assert plans.start_undo(made, world.alice) == first


def test_undo_after_a_month_or_by_others_is_refused(world: World, made: WizardSession) -> None:
    with pytest.raises(Problem) as caught:
        plans.start_undo(made, world.amy)
    assert caught.value.code == "NOT_FOUND"
    with clock.frozen(clock.now() + timedelta(days=31)), pytest.raises(Problem) as caught:
        plans.start_undo(made, world.alice)
    assert caught.value.code == "ILLEGAL_TRANSITION"


def test_two_changes_of_one_item_in_a_plan(world: World, made: WizardSession) -> None:
    report = Report.objects.get()
    before = state(report)
    session = executed(
        world.alice,
        update(Entity.REPORT, report.pk, 1, name="A"),
        replace(update(Entity.REPORT, report.pk, 2, name="B"), depends_on=("step-1",)),
    )
    assert state(report)["name"] == "B"
    undo(session, world.alice)
    assert state(report) == before


def test_a_step_is_removed_with_its_dependants(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    old, kept = session.plan_sha256, stored_files()
    session = plans.remove_step(session, "step-3")
    assert session.status == "PLANNING"
    assert session.plan_sha256 != old
    assert "dependant_removed" in [each["code"] for each in session.findings]
    run_pending()
    session.refresh_from_db()
    assert (session.status, statuses(session)) == ("CONFIRMING", ["pending"] * 2)
    assert stored_files() == kept
    confirm(session)
    run_pending()
    assert (Report.objects.count(), Dashboard.objects.count()) == (1, 0)


def test_the_only_step_cannot_be_removed(world: World, made: WizardSession) -> None:
    session = reviewed(world.alice, update(Entity.REPORT, Report.objects.get().pk, name="X"))
    with pytest.raises(Problem) as caught:
        plans.remove_step(session, "step-1")
    assert caught.value.code == "VALIDATION_FAILED"
    session.refresh_from_db()
    assert session.status == "CONFIRMING"


def test_a_query_instead_of_the_short_form(world: World, made: WizardSession) -> None:
    step = report_step(DataSource.objects.get().pk, name="Rows")
    params: Any = {key: value for key, value in step.params.items() if key != "config"}
    executed(world.alice, replace(step, params={**params, "query": ReportQuery(table="data")}))
    assert Report.objects.get(name="Rows").chart_spec.kind == "table"
