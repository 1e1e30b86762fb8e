"""Layers 6 to 8: what the database, the permissions and the impact have to say of a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Project, User
from catalog.actions.uploads import discard_expired
from catalog.models import DataSource, Report
from catalog.query.spec import Aggregate, Dimension, Measure, ReportQuery, SqlQuery
from common import clock
from tests.wizard.execution.plans import (
    chain,
    delete,
    executed,
    report_step,
    source_step,
    spec,
    update,
    upload_csv,
    upload_xlsx,
)
from tests.world import World
from wizard.checks import check_plan
from wizard.plan.model import (
    ChartShorthand,
    Entity,
    FileSpec,
    Finding,
    Operation,
    Plan,
    Ref,
    SecretRef,
    Step,
    WidgetSpec,
)

pytestmark = pytest.mark.django_db(transaction=True)


def check(user: User, *steps: Step) -> list[Finding]:
    return check_plan(Plan(steps, "Test", user.email, clock.now()), user)


def errors(user: User, *steps: Step) -> list[tuple[str, str]]:
    return [(f.layer, f.code) for f in check(user, *steps) if f.severity == "error"]


def schedule(**params: Any) -> Step:
    given = {"name": "Weekly", "cron": "0 8 * * 1", **params}
    return Step("step-9", Operation.CREATE, Entity.SCHEDULE, given)


def dashboard(*widgets: WidgetSpec, **params: Any) -> Step:
    given = {"name": "KPIs", "layout": widgets, **params}
    return Step("step-9", Operation.CREATE, Entity.DASHBOARD, given)


@pytest.fixture
def things(world: World) -> tuple[DataSource, Report]:
    executed(world.alice, *chain(upload_csv(world.alice)))
    return DataSource.objects.get(), Report.objects.get()


def test_a_good_plan_has_nothing_to_say(world: World) -> None:
    assert check(world.alice, *chain(upload_csv(world.alice))) == []


def test_ids_of_others_read_exactly_like_missing_ones(
    world: World, things: tuple[DataSource, Report]
) -> None:
    source, report = things
    for entity, pk in ((Entity.DATA_SOURCE, source.pk), (Entity.REPORT, report.pk)):
        (foreign,) = check(world.charlie, delete(entity, pk))
        (missing,) = check(world.charlie, delete(entity, 999_999))
        assert (foreign.layer, foreign.code) == ("database", "missing_item")
        assert foreign.message.replace(f"ID {pk}.", "ID 999999.") == missing.message
        assert replace(foreign, message="") == replace(missing, message="")


@pytest.mark.parametrize("part", ["sourceId", "reportId", "dashboardId", "layout", "projectId"])
def test_references_to_foreign_items_are_missing(
    world: World, things: tuple[DataSource, Report], part: str
) -> None:
    source, report = things
    steps = {
        "sourceId": report_step(source.pk),
        "reportId": schedule(reportId=report.pk),
        "dashboardId": schedule(dashboardId=1),
        "layout": dashboard(WidgetSpec("chart", 0, 0, 6, 4, report=report.pk)),
        "projectId": dashboard(projectId=world.general.pk),
    }
    found = check(world.charlie, steps[part])
    code = "missing_project" if part == "projectId" else "missing_item"
    assert [(f.layer, f.code) for f in found] == [("database", code)]
    assert part in found[0].path
    assert "There is no" in found[0].message


def test_a_hidden_project_is_missing(world: World) -> None:
    step = dashboard(projectId=world.secret.pk)
    assert errors(world.dave, step) == [("database", "missing_project")]
    assert errors(world.alice, step) == []


def test_a_project_one_may_only_see_is_a_missing_permission(world: World) -> None:
    world.secret.members.create(user=world.dave, role="viewer")
    found = errors(world.dave, dashboard(projectId=world.secret.pk))
    assert found == [("permissions", "missing_permission")]


def test_names_are_taken_by_items_and_by_earlier_steps(
    world: World, things: tuple[DataSource, Report]
) -> None:
    source, _report = things
    taken = report_step(source.pk, name="  REVENUE ")
    assert errors(world.alice, taken) == [("database", "name_taken")]
    twice = [report_step(source.pk, n, name) for n, name in ((1, "New"), (2, "new"))]
    assert errors(world.alice, *twice) == [("database", "name_taken")]


def test_a_name_is_free_again_after_delete_and_rename(
    world: World, things: tuple[DataSource, Report]
) -> None:
    source, report = things
    create = report_step(source.pk)
    assert errors(world.alice, delete(Entity.REPORT, report.pk), create) == []
    rename = update(Entity.REPORT, report.pk, name="Old revenue")
    assert errors(world.alice, rename, create) == []


def test_names_are_free_in_another_project(world: World, things: tuple[DataSource, Report]) -> None:
    other = Project.objects.create(organization=world.acme, name="Other")
    assert errors(world.alice, report_step(things[0].pk, projectId=other.pk)) == []


def test_what_an_earlier_step_deletes_is_no_longer_there(
    world: World, things: tuple[DataSource, Report]
) -> None:
    source, report = things
    gone = delete(Entity.DATA_SOURCE, source.pk)
    found = errors(world.alice, gone, report_step(source.pk, name="Other"))
    assert found == [("database", "deleted_before")]
    # Its reports went with it.
    found = errors(world.alice, gone, update(Entity.REPORT, report.pk, 2, name="Other"))
    assert found == [("database", "deleted_before")]


@pytest.mark.parametrize("part", ["x_axis", "y_axis", "series"])
def test_columns_of_the_short_form_must_exist(world: World, part: str) -> None:
    chart = replace(ChartShorthand("bar", "Month", "Revenue"), **{part: "Profit"})
    steps = (source_step(upload_csv(world.alice)), report_step(config=chart))
    (finding,) = check(world.alice, *steps)
    assert (finding.layer, finding.code, finding.step) == ("database", "unknown_column", "step-2")
    assert "Profit" in finding.message
    assert "Month, Region, Revenue" in finding.hint


def test_columns_of_a_query_must_exist(world: World, things: tuple[DataSource, Report]) -> None:
    step = report_step(things[0].pk, name="Other")
    params: Any = {key: value for key, value in step.params.items() if key != "config"}
    query = ReportQuery(
        table="data",
        dimensions=(Dimension(column="profit"),),
        measures=(Measure(aggregate=Aggregate.COUNT),),
    )
    wrong = replace(step, params={**params, "query": query})
    assert errors(world.alice, wrong) == [("database", "query_refused")]
    of_new = replace(wrong, id="step-2", params={**wrong.params, "sourceId": Ref("ds-1")})
    made = source_step(upload_csv(world.alice, "b.csv"), name="Other source")
    assert errors(world.alice, made, of_new) == [("database", "query_refused")]


def test_sql_needs_its_permission_and_stays_a_question(
    world: World, things: tuple[DataSource, Report]
) -> None:
    step = report_step(things[0].pk, name="Other")
    params: Any = {key: value for key, value in step.params.items() if key != "config"}
    sql = replace(step, params={**params, "query": SqlQuery(sql="SELECT 1 AS a FROM data")})
    assert errors(world.alice, sql) == []
    found = [f for f in check(world.bob, sql) if f.layer == "permissions"]
    assert any("catalog.use_sql" in f.message for f in found)
    evil = replace(step, params={**params, "query": SqlQuery(sql="DROP TABLE data")})
    assert errors(world.alice, evil) == [("database", "query_refused")]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"cron": "never"}, "invalid_cron"),
        ({"cron": "0 0 30 2 *"}, "invalid_cron"),
        ({"timezone": "Mars/Olympus"}, "invalid_timezone"),
        ({"taskType": "dance"}, "unknown_task"),
        ({"recipients": ("a@example.org",)}, "not_possible"),
        ({"tags": ("a",)}, "not_possible"),
    ],
)
def test_schedules(
    world: World, things: tuple[DataSource, Report], params: dict[str, Any], code: str
) -> None:
    step = schedule(**{"reportId": things[1].pk, "name": "Other", **params})
    assert errors(world.alice, step) == [("database", code)]


class TestFiles:
    def test_one_that_expired(self, world: World) -> None:
        upload = upload_csv(world.alice)
        upload.expires_at = clock.now()
        upload.save()
        assert errors(world.alice, source_step(upload)) == [("database", "missing_upload")]
        discard_expired()
        assert errors(world.alice, source_step(upload)) == [("database", "missing_upload")]

    def test_of_somebody_else_are_missing(self, world: World) -> None:
        upload = upload_csv(world.alice)
        (foreign,) = check(world.dave, source_step(upload))
        upload.delete()
        (missing,) = check(world.dave, source_step(upload))
        assert foreign == missing
        assert foreign.code == "missing_upload"

    def test_named_only(self, world: World) -> None:
        step = source_step(upload_csv(world.alice))
        named = replace(step, params={**step.params, "fileMetadata": FileSpec("sales.csv")})
        assert errors(world.alice, named) == []
        upload_csv(world.alice)  # the same contents again
        assert errors(world.alice, named) == []
        upload_csv(world.alice, text="Month,Revenue\n2026-01-01,1\n")
        assert errors(world.alice, named) == [("database", "ambiguous_upload")]

    def test_another_content_than_reviewed(self, world: World) -> None:
        upload = upload_csv(world.alice)
        step = source_step(upload)
        other = replace(spec(upload), sha256="0" * 64)
        (finding,) = check(
            world.alice, replace(step, params={**step.params, "fileMetadata": other})
        )
        assert (finding.code, "not the file" in finding.message) == ("missing_upload", True)

    def test_uploaded_again_it_is_as_good(self, world: World) -> None:
        upload = upload_csv(world.alice)
        step = source_step(upload)
        upload.delete()
        upload_csv(world.alice)
        assert errors(world.alice, step) == []

    def test_of_another_kind(self, world: World) -> None:
        step = source_step(upload_csv(world.alice))
        excel = replace(step, params={**step.params, "type": "excel"})
        assert errors(world.alice, excel) == [("database", "wrong_file_kind")]

    def test_without_the_sheet(self, world: World) -> None:
        upload = upload_xlsx(world.alice)
        step = source_step(upload)
        wrong = replace(spec(upload), sheet="Nowhere")
        (finding,) = check(
            world.alice, replace(step, params={**step.params, "fileMetadata": wrong})
        )
        assert finding.code == "unreadable_file"
        assert "Nowhere" in finding.message


def test_kinds_that_are_not_there(world: World) -> None:
    step = Step(
        "step-1",
        Operation.CREATE,
        Entity.DATA_SOURCE,
        {"name": "Warehouse", "type": "oracle23", "connection": {"password": SecretRef("p")}},
    )
    assert errors(world.alice, step) == [("database", "unknown_type")]
    csv = replace(step, params={**step.params, "type": "csv"})
    assert errors(world.alice, csv) == [("database", "needs_file")]


def test_missing_permissions_are_named(world: World) -> None:
    found = check(world.bob, dashboard())
    assert {f.layer for f in found} == {"permissions"}
    text = " ".join(f.message for f in found)
    assert "catalog.add_dashboard" in text
    assert "wizard.execute_wizard_plan" in text


def test_permission_on_the_item(world: World, things: tuple[DataSource, Report]) -> None:
    report = things[1]
    (finding,) = check(world.dave, update(Entity.REPORT, report.pk, name="Mine"))
    assert (finding.layer, finding.code) == ("permissions", "missing_permission")
    assert "catalog.change_report" in finding.message
    assert errors(world.amy, update(Entity.REPORT, report.pk, name="Mine")) == []


def test_an_operator_may_nothing(world: World) -> None:
    found = errors(world.operator, dashboard())
    assert ("permissions", "missing_permission") in found


def test_a_version_that_was_overtaken_is_stale(
    world: World, things: tuple[DataSource, Report]
) -> None:
    step = replace(update(Entity.REPORT, things[1].pk, name="X"), expected_version=7)
    assert errors(world.alice, step) == [("database", "stale")]


def test_the_impact_of_a_delete(world: World, things: tuple[DataSource, Report]) -> None:
    (finding,) = check(world.alice, delete(Entity.DATA_SOURCE, things[0].pk))
    assert (finding.layer, finding.severity) == ("impact", "warning")
    assert "report “Revenue” (trashed)" in finding.message
    assert "dashboard “KPIs” (loses a widget)" in finding.message


def test_only_what_is_in_the_trash_is_restored(
    world: World, things: tuple[DataSource, Report]
) -> None:
    report = things[1]
    restore = replace(delete(Entity.REPORT, report.pk), operation=Operation.RESTORE)
    assert errors(world.alice, restore) == [("database", "not_in_trash")]
    executed(world.alice, delete(Entity.REPORT, report.pk))
    assert errors(world.alice, restore) == []
    (foreign,) = check(world.charlie, restore)
    assert foreign.code == "not_in_trash"
    assert "There is no report with the ID" in foreign.message
