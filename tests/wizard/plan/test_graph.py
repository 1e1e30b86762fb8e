"""Layer 4: do the steps hang together?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wizard.plan.examples import DASHBOARD, PLAN, REPORT, SAMPLE, SCHEDULE, SOURCE, plan_of
from tests.wizard.plan.test_documents import assert_for_people
from wizard.plan.graph import check_graph
from wizard.plan.model import Entity, Operation, Plan, Ref, Step, WidgetSpec
from wizard.plan.validate import validate_document


def said(plan: Plan, estimated: int | None = None) -> list[tuple[str, str, str]]:
    findings = check_graph(plan, estimated)
    assert_for_people(findings)
    assert all(finding.layer == "graph" for finding in findings)
    return [(finding.code, finding.step, finding.message) for finding in findings]


def chain(*needs: str) -> Plan:
    """A LIST step for each entry; the entry names the steps it depends on by number."""
    return plan_of(
        *(
            Step(
                f"step-{number}",
                Operation.LIST,
                Entity.REPORT,
                depends_on=tuple(f"step-{digit}" for digit in entry),
            )
            for number, entry in enumerate(needs, start=1)
        )
    )


def test_a_good_plan_has_no_findings() -> None:
    assert said(PLAN, 4) == []


def test_an_output_no_earlier_step_makes() -> None:
    assert said(plan_of(replace(REPORT, depends_on=()))) == [
        (
            "unknown_output",
            "step-2",
            "Step 2 needs the output “ds-1”, which no earlier step makes.",
        )
    ]


def test_the_hint_names_the_step_that_comes_too_late() -> None:
    plan = plan_of(replace(REPORT, depends_on=()), SOURCE)
    (finding,) = check_graph(plan)
    assert finding.hint == "Step 1 makes it; that step has to come first."
    assert finding.path == "/TaskPlan/steps/step[@id='step-2']/params/param[@name='sourceId']"


def test_an_output_of_the_step_itself() -> None:
    plan = plan_of(replace(REPORT, params={"sourceId": Ref("report-1")}, depends_on=()))
    (finding,) = check_graph(plan)
    assert finding.hint == "A step cannot use its own output."


def test_a_widget_without_its_report() -> None:
    plan = plan_of(replace(DASHBOARD, depends_on=()))
    assert [code for code, _, _ in said(plan)] == ["unknown_output"]


def test_wrong_order() -> None:
    assert said(plan_of(REPORT, SOURCE))[0] == (
        "order",
        "step-2",
        "Step 2 depends on step 1, which comes after it.",
    )


@pytest.mark.parametrize(
    ("plan", "messages"),
    [
        (chain("1"), ["Step 1 depends on itself."]),
        (
            chain("2", "1"),
            ["Step 1 and step 2 wait for each other.", "Step 2 and step 1 wait for each other."],
        ),
        (
            chain("3", "1", "2"),
            [
                "Step 1 and step 3 wait for each other.",
                "Step 2 and step 1 wait for each other.",
                "Step 3 and step 2 wait for each other.",
            ],
        ),
    ],
)
def test_circles(plan: Plan, messages: list[str]) -> None:
    found = said(plan)
    assert {code for code, _, _ in found} == {"cycle"}
    assert [message for _, _, message in found] == messages


def test_a_step_that_is_not_in_the_plan() -> None:
    assert said(chain("", "9")) == [
        ("unknown_step", "step-2", "Step 2 depends on step 9, which is not in the plan.")
    ]


def test_an_undeclared_dependency() -> None:
    assert said(plan_of(SOURCE, replace(REPORT, depends_on=()))) == [
        (
            "undeclared_dependency",
            "step-2",
            "Step 2 uses the output “ds-1” of step 1 without depending on it.",
        )
    ]


def test_a_dependency_through_another_step_counts() -> None:
    second = replace(REPORT, id="step-3", output="report-2", depends_on=("step-2",))
    assert said(plan_of(SOURCE, REPORT, second)) == []


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            replace(SCHEDULE, id="step-3", params={"dashboardId": Ref("report-1")},
                    depends_on=("step-2",)),
            "Step 3: “dashboardId” takes a dashboard, but “report-1” is a report.",
        ),
        (
            replace(DASHBOARD, params={"layout": (WidgetSpec("chart", 0, 0, 1, 1, Ref("ds-1")),)},
                    depends_on=("step-1",)),
            "Step 3: “layout” takes a report, but “ds-1” is a data source.",
        ),
        (
            Step("step-3", Operation.UPDATE, Entity.DASHBOARD, {"name": "x"}, ("step-2",),
                 target=Ref("report-1")),
            "Step 3: “target” takes a dashboard, but “report-1” is a report.",
        ),
        (
            Step("step-3", Operation.CREATE, Entity.REPORT, {"projectId": Ref("report-1")},
                 ("step-2",)),
            "Step 3: “projectId” takes an ID, never a reference, but “report-1” is a report.",
        ),
    ],
)  # fmt: skip
def test_references_to_the_wrong_kind(step: Step, message: str) -> None:
    assert said(plan_of(SOURCE, REPORT, step)) == [("wrong_reference", "step-3", message)]


def test_a_list_is_no_item() -> None:
    listing = Step("step-1", Operation.LIST, Entity.DATA_SOURCE, output="list-1")
    report = replace(REPORT, params={"sourceId": Ref("list-1")})
    assert [message for _, _, message in said(plan_of(listing, report))] == [
        "Step 2: “sourceId” takes a data source, but “list-1” is a list."
    ]


def test_outputs_are_called_after_what_they_are() -> None:
    assert said(plan_of(replace(SOURCE, output="report-1"))) == [
        (
            "wrong_output",
            "step-1",
            "Step 1 gives a data source, but calls its output “report-1”.",
        )
    ]


def test_deleting_gives_nothing() -> None:
    step = Step("step-1", Operation.DELETE, Entity.REPORT, output="report-1", target=5)
    assert [code for code, _, _ in said(plan_of(step))] == ["no_output"]


def test_doubles() -> None:
    same_output = plan_of(SOURCE, replace(SOURCE, id="step-2"))
    assert said(same_output) == [
        ("duplicate_output", "step-2", "Step 1 and step 2 call their outputs the same: “ds-1”.")
    ]
    same_id = plan_of(SOURCE, replace(SOURCE, output="ds-2"))
    assert said(same_id) == [("duplicate_step", "step-1", "Several steps are called “step-1”.")]


def test_number_of_steps() -> None:
    assert said(PLAN, 3) == [("step_count", "", "The plan announces 3 steps, but it has 4.")]
    assert said(plan_of())[0][0] == "no_steps"
    assert said(chain(*[""] * 51))[0][0] == "too_many_steps"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"sourceId" ref="ds-1"', '"sourceId" ref="ds-2"', "unknown_output"),
        ('reportId="report-1"', 'reportId="report-7"', "unknown_output"),
        ('id="step-2"', 'id="step-1"', "duplicate_step"),
        ('output ref="report-1"', 'output ref="ds-1"', "duplicate_output"),
        ('dependsOn="step-2"', 'dependsOn="step-9"', "unknown_step"),
        ('dependsOn="step-1"', 'dependsOn="step-3"', "cycle"),
        ("Steps>3<", "Steps>4<", "step_count"),
    ],
)
def test_documents_reach_this_layer(old: str, new: str, code: str) -> None:
    """The schema's own keys object too, but the graph says it in words."""
    plan, findings = validate_document(SAMPLE.decode().replace(old, new, 1).encode())
    assert plan is None
    assert code in [finding.code for finding in findings]
    assert {finding.layer for finding in findings} == {"graph"}
