"""Taking steps out, undoing, and placing widgets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wizard.plan.examples import DASHBOARD, NOON, PLAN, REPORT, SCHEDULE, SOURCE, plan_of
from tests.wizard.plan.strategies import PARAMS
from tests.wizard.plan.test_documents import assert_for_people
from wizard.plan.build import build
from wizard.plan.edit import remove_step
from wizard.plan.inverse import Inverse, StepOutcome, inverse
from wizard.plan.layout import COLUMNS, layout
from wizard.plan.model import Entity, Operation, Plan, Ref, Step, WidgetSpec
from wizard.plan.snapshot import from_data, to_data
from wizard.plan.validate import validate_document, validate_plan


def test_a_step_nobody_needs_just_goes() -> None:
    removal = remove_step(PLAN, "step-4")
    assert removal.plan == plan_of_same(SOURCE, REPORT, DASHBOARD)
    assert removal.removed == ("step-4",)
    assert removal.findings == ()


def plan_of_same(*steps: Step) -> Plan:
    return replace(PLAN, steps=steps)


def test_what_cannot_do_without_it_goes_too() -> None:
    others = Step("step-5", Operation.LIST, Entity.REPORT, output="list-1")
    removal = remove_step(replace(PLAN, steps=(*PLAN.steps, others)), "step-1")
    assert removal.plan == plan_of_same(others)
    assert removal.removed == ("step-1", "step-2", "step-3", "step-4")
    assert_for_people(list(removal.findings))
    assert removal.findings[0].message == (
        "Step 2 was removed too: it needs what step 1 would have made."
    )
    assert {finding.severity for finding in removal.findings} == {"warning"}


def test_a_dashboard_keeps_its_other_widgets() -> None:
    second = replace(REPORT, id="step-5", output="report-2")
    both = replace(
        DASHBOARD,
        id="step-6",
        params={
            "name": "Both",
            "layout": (
                WidgetSpec("chart", 0, 0, 6, 4, Ref("report-1")),
                WidgetSpec("chart", 6, 0, 6, 4, Ref("report-2")),
                WidgetSpec("text", 0, 4, 12, 2, text="x"),
            ),
        },
        depends_on=("step-2", "step-5"),
    )
    removal = remove_step(plan_of(SOURCE, REPORT, second, both), "step-2")
    assert removal.plan is not None
    assert removal.removed == ("step-2",)
    left = removal.plan.steps[-1]
    assert [widget.report for widget in left.params["layout"]] == [Ref("report-2"), None]
    assert left.depends_on == ("step-5",)
    assert [finding.code for finding in removal.findings] == ["reference_removed"]
    assert validate_plan(removal.plan) == []


def test_order_alone_is_no_need() -> None:
    later = Step("step-2", Operation.LIST, Entity.REPORT, depends_on=("step-1",))
    removal = remove_step(plan_of(SOURCE, later), "step-1")
    assert removal.plan is not None
    assert removal.plan.steps == (replace(later, depends_on=()),)


def test_changes_of_what_is_not_made_go_too() -> None:
    change = Step(
        "step-2", Operation.UPDATE, Entity.DATA_SOURCE, {"name": "x"}, ("step-1",),
        target=Ref("ds-1"),
    )  # fmt: skip
    assert remove_step(plan_of(SOURCE, change, REPORT), "step-1").plan is None


def test_nothing_left_and_nothing_there() -> None:
    removal = remove_step(plan_of(SOURCE), "step-1")
    assert removal.plan is None
    assert removal.findings[-1].severity == "error"
    assert remove_step(PLAN, "step-9").plan == PLAN
    assert remove_step(PLAN, "step-9").findings[0].message == "Step 9 is not in the plan."


@pytest.mark.parametrize("step_id", [step.id for step in PLAN.steps])
def test_what_is_left_is_a_valid_plan(step_id: str) -> None:
    left = remove_step(PLAN, step_id).plan
    if left is not None:
        assert validate_document(build(left))[1] == []


def undo(plan: Plan, outcomes: dict[str, StepOutcome]) -> Inverse:
    return inverse(plan, outcomes, requested_by="user@example.com", generated_at=NOON)


def test_what_was_created_is_deleted_in_reverse() -> None:
    outcomes = {f"step-{n}": StepOutcome(object_id=10 + n, version=1) for n in range(1, 5)}
    undone = undo(PLAN, outcomes)
    assert undone.findings == ()
    assert undone.plan is not None
    assert [(s.id, s.operation, s.entity, s.target) for s in undone.plan.steps] == [
        ("step-1", Operation.DELETE, Entity.SCHEDULE, 14),
        ("step-2", Operation.DELETE, Entity.DASHBOARD, 13),
        ("step-3", Operation.DELETE, Entity.REPORT, 12),
        ("step-4", Operation.DELETE, Entity.DATA_SOURCE, 11),
    ]
    assert [s.depends_on for s in undone.plan.steps] == [(), ("step-1",), ("step-2",), ("step-3",)]
    assert all(step.expected_version == 1 for step in undone.plan.steps)
    assert validate_document(build(undone.plan))[1] == []


def test_old_values_come_back() -> None:
    step = Step(
        "step-1", Operation.UPDATE, Entity.REPORT,
        {"name": "New", "description": "x", "projectId": 7, "tags": ("a",)}, target=5,
    )  # fmt: skip
    before = {"name": "Old", "description": None, "projectId": None, "tags": None}
    undone = undo(plan_of(step), {"step-1": StepOutcome(5, 3, before)})
    assert undone.plan is not None
    (back,) = undone.plan.steps
    assert back.params == {"name": "Old", "description": "", "tags": ()}
    assert (back.operation, back.target, back.expected_version) == (Operation.UPDATE, 5, 3)
    assert [finding.message for finding in undone.findings] == [
        "Step 1: “Project” stays as it is, since there is no earlier value to go back to."
    ]
    assert_for_people(list(undone.findings))
    assert validate_document(build(undone.plan))[1] == []


@settings(max_examples=100, deadline=None)
@given(PARAMS)
def test_old_values_are_remembered_exactly(params) -> None:
    stored = json.loads(json.dumps(to_data({**params, "timezone": None})))
    assert from_data(stored) == {**params, "timezone": None}


def test_old_values_no_plan_can_carry_are_forgotten() -> None:
    assert to_data({"description": "bell\x07", "name": "x"}).keys() == {"name"}
    assert from_data({"colour": "<param name='colour'>red</param>"}) == {}


def test_what_gave_way_comes_back() -> None:
    step = Step("step-1", Operation.UPDATE, Entity.SCHEDULE, {"reportId": 8}, target=5)
    before = {"reportId": None, "dashboardId": 3}
    undone = undo(plan_of(step), {"step-1": StepOutcome(5, 2, before)})
    assert undone.plan is not None
    assert undone.plan.steps[0].params == {"dashboardId": 3}
    assert undone.findings == ()


def test_deleted_is_restored_and_back_again() -> None:
    deletion = plan_of(Step("step-1", Operation.DELETE, Entity.DASHBOARD, target=5))
    restored = undo(deletion, {"step-1": StepOutcome(5)}).plan
    assert restored is not None
    assert restored.steps[0].operation is Operation.RESTORE
    assert restored.steps[0].target == 5
    assert validate_document(build(restored))[1] == []
    again = undo(restored, {"step-1": StepOutcome(5)}).plan
    assert again is not None
    assert again.steps[0].operation is Operation.DELETE


def test_steps_that_did_nothing_are_left_out() -> None:
    listing = Step("step-9", Operation.LIST, Entity.ALL)
    plan = plan_of(listing, SOURCE, REPORT)
    undone = undo(plan, {"step-9": StepOutcome(0), "step-1": StepOutcome(11)})
    assert undone.plan is not None
    assert [step.entity for step in undone.plan.steps] == [Entity.DATA_SOURCE]
    assert undo(plan, {}) == Inverse(None, ())


def test_a_schedule_of_an_existing_dashboard_is_undone_alone() -> None:
    schedule = replace(SCHEDULE, params={**SCHEDULE.params, "dashboardId": 3}, depends_on=())
    undone = undo(plan_of(schedule), {"step-4": StepOutcome(14)})
    assert undone.plan is not None
    assert undone.plan.description == "Undo: A plan"


def test_numbers_on_top_then_charts_then_tables() -> None:
    kinds = ["table", "chart", "number", "chart", "number", "chart", "number", "number", "number"]
    assert layout(kinds) == [
        (0, 12, 12, 6), (0, 4, 6, 4), (0, 0, 3, 2), (6, 4, 6, 4), (3, 0, 3, 2), (0, 8, 6, 4),
        (6, 0, 3, 2), (9, 0, 3, 2), (0, 2, 3, 2),
    ]  # fmt: skip


def test_the_only_chart_fills_the_width() -> None:
    assert layout(["chart"]) == [(0, 0, 12, 6)]
    assert layout([]) == []


@given(st.lists(st.sampled_from(["number", "chart", "table", "text"]), max_size=40))
def test_widgets_never_overlap_nor_leave_the_grid(kinds: list[str]) -> None:
    cells: set[tuple[int, int]] = set()
    for place in layout(kinds):
        assert place.x + place.w <= COLUMNS
        own = {
            (x, y)
            for x in range(place.x, place.x + place.w)
            for y in range(place.y, place.y + place.h)
        }
        assert not own & cells
        cells |= own
