"""What people see before they confirm: the summary, and what a modification changed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from tests.wizard.plan.examples import DASHBOARD, PLAN, REPORT, SOURCE, one_step, plan_of
from tests.wizard.plan.strategies import plans
from wizard.plan.build import build
from wizard.plan.diff import Change, diff
from wizard.plan.model import Entity, FileSpec, Operation, SecretRef, Step
from wizard.plan.parse import parse
from wizard.plan.summary import summarise


def test_titles_and_references() -> None:
    summary = summarise(PLAN)
    assert [step.title for step in summary] == [
        "Create data source “Sales Data Q4”",
        "Create report “Q4 Revenue by Month”",
        "Create dashboard “Q4 Sales Dashboard”",
        "Create schedule “Every morning”",
    ]
    assert summary[1].references == (("Data source", "step-1"),)
    assert summary[2].references == (("Widgets", "step-2"),)
    assert summary[3].references == (("Dashboard", "step-3"),)
    assert [step.icon for step in summary] == [
        "database", "chart-bar", "layout-dashboard", "calendar-time",
    ]  # fmt: skip


def test_details_are_in_plain_words() -> None:
    source, report, dashboard, schedule = (dict(step.details) for step in summarise(PLAN))
    assert source["File"] == "sales_q4.xlsx, sheet “Q4 Data”, header in row 1"
    assert report["Data source"] == "→ Step 1"
    assert report["Query"].startswith("Sum of revenue by month (month), where region is North")
    assert report["Chart"] == "bar chart of m1 by d1"
    assert dashboard["Widgets"] == "chart → Step 2 at column 1, row 1, 12 × 6"
    assert schedule["Active"] == "yes"


def test_columns_are_called_as_people_wrote_them() -> None:
    columns = [ColumnInfo("revenue", "Umsatz (€)", "decimal")]
    tables = [TableInfo("q4_data", "Q4 Data", columns)]
    report = dict(summarise(PLAN, tables=tables)[1].details)
    assert report["Query"].startswith("Sum of Umsatz (€) by month")


def test_items_are_called_by_name() -> None:
    names = {(Entity.REPORT, 8): "Churn", (Entity.DATA_SOURCE, 3): "Shop"}
    step = Step("step-1", Operation.UPDATE, Entity.REPORT, {"sourceId": 3, "name": "N"}, target=8)
    (summary,) = summarise(plan_of(step), names=names)
    assert summary.title == "Change report “Churn” (ID 8)"
    assert summary.details == (("Name", "N"), ("Data source", "“Shop” (ID 3)"))
    (unknown,) = summarise(plan_of(step))
    assert unknown.title == "Change report ID 8"


def test_secrets_are_not_shown() -> None:
    fields = {"host": "db.example.com", "password": SecretRef("pw-1")}
    (summary,) = summarise(one_step(params={"connection": fields}))
    assert summary.details == (
        ("Host", "“db.example.com”"),
        ("Password", "kept encrypted, not in the plan"),
    )


def test_other_operations() -> None:
    steps = [
        Step("step-1", Operation.LIST, Entity.ALL, {"limit": 20}),
        Step("step-2", Operation.LIST, Entity.SCHEDULE),
        Step("step-3", Operation.DELETE, Entity.SCHEDULE, target=5),
        Step("step-4", Operation.RESTORE, Entity.DATA_SOURCE, target=6),
    ]
    summary = summarise(plan_of(*steps))
    assert [step.title for step in summary] == [
        "List all items", "List schedules", "Delete schedule ID 5", "Restore data source ID 6",
    ]  # fmt: skip
    assert summary[0].details == (("Number of rows", "20"),)


def test_file_options_in_words() -> None:
    options = {"header_row": 0, "delimiter": "\t", "decimal": ",", "types": {"a": "date"}}
    (summary,) = summarise(one_step(params={"fileMetadata": FileSpec("a.csv", options=options)}))
    assert summary.details[0][1] == (
        "a.csv, no header row, separated by tabs, decimal sign “,”, a as date"
    )


@settings(max_examples=60, deadline=None)
@given(plans())
def test_any_plan_can_be_summed_up_and_equals_itself(plan) -> None:
    summary = summarise(plan)
    assert [step.step_id for step in summary] == [step.id for step in plan.steps]
    for step in summary:
        assert all("\n" not in text and "object at" not in text for _, text in step.details)
    assert diff(plan, plan) == []


def test_equal_plans_do_not_differ() -> None:
    assert diff(PLAN, parse(build(PLAN))) == []


def test_changed_parameters() -> None:
    changed = replace(
        REPORT,
        params={
            **{name: v for name, v in REPORT.params.items() if name != "query"},
            "name": "Revenue",
            "config": ChartSpec(kind=ChartKind.LINE, x="d1", y=("m1",)),
            "description": "By month",
        },
    )
    (step,) = diff(PLAN, replace(PLAN, steps=(SOURCE, changed, *PLAN.steps[2:])))
    assert (step.step_id, step.kind, step.title) == (
        "step-2", "changed", "Create report “Revenue”",
    )  # fmt: skip
    assert [(c.label, c.old, c.new) for c in step.changes if c.name != "query"] == [
        ("Name", "Q4 Revenue by Month", "Revenue"),
        ("Description", None, "By month"),
        ("Chart", "bar chart of m1 by d1", "line chart of m1 by d1"),
    ]
    (query,) = [change for change in step.changes if change.name == "query"]
    assert query.new is None
    assert query.old is not None


def test_a_change_too_small_for_words_is_still_a_change() -> None:
    plan = one_step(params={"name": "a"})
    (step,) = diff(plan, one_step(params={"name": "a "}))
    assert step.changes == (Change("name", "Name", "a", "a (changed in a detail)"),)


def test_added_and_removed_steps() -> None:
    changes = diff(plan_of(SOURCE, REPORT), plan_of(SOURCE, DASHBOARD))
    assert [(c.step_id, c.kind) for c in changes] == [("step-3", "added"), ("step-2", "removed")]
    assert Change("name", "Name", None, "Q4 Sales Dashboard") in changes[0].changes


def test_targets_and_versions_count() -> None:
    old = one_step(operation=Operation.DELETE, target=5, expected_version=1)
    new = one_step(operation=Operation.DELETE, target=6, expected_version=2)
    (step,) = diff(old, new)
    assert step.changes == (
        Change("target", "Item", "ID 5", "ID 6"),
        Change("version", "Version", "1", "2"),
    )
