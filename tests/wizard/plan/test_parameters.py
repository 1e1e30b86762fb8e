"""Layer 5: the parameters of each operation on each entity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.query.spec import (
    Aggregate,
    Dimension,
    Filter,
    Measure,
    Operator,
    ReportQuery,
    Sort,
    SqlQuery,
)
from tests.wizard.plan.examples import DASHBOARD, PLAN, REPORT, SCHEDULE, SOURCE, one_step, plan_of
from tests.wizard.plan.test_documents import assert_for_people
from wizard.plan.checks import check_parameters
from wizard.plan.model import (
    ChartShorthand,
    Entity,
    FileSpec,
    Operation,
    Plan,
    Ref,
    SecretRef,
    Step,
    WidgetSpec,
)
from wizard.plan.parameters import PARAMETERS, RULES
from wizard.plan.validate import has_errors, validate_plan

QUERY = ReportQuery(table="t", measures=(Measure(aggregate=Aggregate.COUNT),))


def said(plan: Plan) -> list[tuple[str, str]]:
    findings = check_parameters(plan)
    assert_for_people(findings)
    assert all(finding.layer == "parameters" for finding in findings)
    return [(finding.code, finding.message) for finding in findings]


def codes(plan: Plan) -> list[str]:
    return [code for code, _ in said(plan)]


def with_params(step: Step, **params: Any) -> Plan:
    """The step with parameters added, or removed where ``None``."""
    changed = {**step.params, **params}
    return plan_of(replace(step, params={name: v for name, v in changed.items() if v is not None}))


def test_a_good_plan_has_no_findings() -> None:
    assert said(PLAN) == []


def test_every_operation_but_all_is_in_the_table() -> None:
    items = set(Entity) - {Entity.ALL}
    expected = {(op, entity) for op in Operation for entity in items}
    assert set(RULES) == expected | {(Operation.LIST, Entity.ALL)}
    for rule in RULES.values():
        groups = {n for g in (*rule.exactly_one, *rule.at_least_one, *rule.at_most_one) for n in g}
        assert set(rule.names) <= set(PARAMETERS)
        assert groups <= set(rule.optional)
        assert not set(rule.required) & set(rule.optional)


@pytest.mark.parametrize("operation", [op for op in Operation if op is not Operation.LIST])
def test_all_goes_with_list_only(operation: Operation) -> None:
    assert codes(one_step(operation=operation, entity=Entity.ALL)) == ["wrong_operation"]


def test_everything_can_be_listed() -> None:
    for entity in Entity:
        assert said(one_step(operation=Operation.LIST, entity=entity, params={"limit": 10})) == []


@pytest.mark.parametrize(
    ("step", "name", "message"),
    [
        (SOURCE, "name", "Step 1 needs “name” to create a data source."),
        (SOURCE, "type", "Step 1 needs “type” to create a data source."),
        (SOURCE, "fileMetadata",
         "Step 1 needs “fileMetadata” or “connection” to create a data source."),
        (REPORT, "sourceId", "Step 2 needs “sourceId” to create a report."),
        (SCHEDULE, "cron", "Step 4 needs “cron” to create a schedule."),
        (SCHEDULE, "dashboardId", "Step 4 needs “reportId” or “dashboardId” to create a schedule."),
    ],
)  # fmt: skip
def test_missing_parameters(step: Step, name: str, message: str) -> None:
    assert said(with_params(step, **{name: None})) == [("missing_parameter", message)]


def test_an_empty_change() -> None:
    for entity in (Entity.DATA_SOURCE, Entity.REPORT, Entity.DASHBOARD, Entity.SCHEDULE):
        assert codes(one_step(operation=Operation.UPDATE, entity=entity, target=5)) == [
            "missing_parameter"
        ]


def test_unknown_parameters() -> None:
    assert said(with_params(REPORT, cron="0 7 * * *")) == [
        ("unknown_parameter", "Step 2 does not take “cron” when it is to create a report.")
    ]
    deletion = one_step(operation=Operation.DELETE, params={"name": "x"}, target=5)
    assert codes(deletion) == ["unknown_parameter"]
    assert codes(one_step(params={"name": "x", "sourceId": 5, "query": QUERY, "zz": 1})) == [
        "unknown_parameter"
    ]


def test_targets() -> None:
    assert said(one_step(operation=Operation.DELETE)) == [
        ("missing_target", "Step 1 does not say which report it is about.")
    ]
    assert said(one_step(operation=Operation.RESTORE, target=5)) == []
    assert codes(with_params(replace(REPORT, target=5))) == ["unexpected_target"]


def test_one_of_two() -> None:
    both = with_params(SCHEDULE, reportId=5)
    assert said(both) == [
        (
            "too_many_parameters",
            "Step 4 gives “reportId” and “dashboardId”; only one of them is possible.",
        )
    ]
    both = with_params(SOURCE, connection={"host": "db"}, connectionType=None)
    assert codes(both) == ["too_many_parameters"]
    change = one_step(
        operation=Operation.UPDATE,
        entity=Entity.SCHEDULE,
        params={"reportId": 1, "dashboardId": 2},
        target=5,
    )
    assert codes(change) == ["too_many_parameters"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"name": ""}, "empty"),
        ({"name": " \n"}, "empty"),
        ({"name": "x" * 201}, "too_long"),
        ({"name": "two\nlines"}, "control_character"),
        ({"name": "gpj.\u202eelas"}, "control_character"),
        ({"description": "x" * 2001}, "too_long"),
        ({"name": 5}, "wrong_type"),
        ({"sourceId": "5"}, "wrong_type"),
        ({"sourceId": True}, "wrong_type"),
        ({"sourceId": 0}, "wrong_type"),
        ({"query": "select 1"}, "wrong_type"),
        ({"config": QUERY}, "wrong_type"),
        ({"tags": ("a",) * 21}, "too_many_entries"),
        ({"tags": ("a", " ")}, "empty"),
        ({"projectId": Ref("report-1")}, "wrong_reference"),
        ({"query": None}, "missing_query"),
        ({"config": ChartShorthand("bar")}, "two_queries"),
        ({"query": SqlQuery(sql="select 1"), "config": None}, None),
        ({"description": ""}, None),
        ({"name": "می‌خواهم"}, None),
    ],
)
def test_values_of_a_report(params: dict[str, Any], code: str | None) -> None:
    assert codes(with_params(REPORT, **params)) == ([code] if code else [])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"type": "Excel File"}, "wrong_form"),
        ({"connectionType": "carrier pigeon"}, "wrong_form"),
        ({"connectionType": "database"}, "contradiction"),
        ({"fileMetadata": "sales.xlsx"}, "wrong_type"),
    ],
)
def test_values_of_a_source(params: dict[str, Any], code: str) -> None:
    assert codes(with_params(SOURCE, **params)) == [code]


@pytest.mark.parametrize(
    ("fields", "secret"),
    [
        ({"host": "db", "password": "hunter2"}, True),
        ({"host": "db", "DB_PASSWORD": "hunter2"}, True),
        ({"api_key": "abc"}, True),
        ({"access_token": "abc"}, True),
        ({"uri": "mongodb://user:hunter2@db/x"}, True),
        ({"host": "db", "password": SecretRef("pw-1"), "uri": "mongodb://db/x"}, False),
        ({"host": "db", "user": "passenger", "passive": "true"}, False),
    ],
)
def test_secrets_never_stand_in_a_plan(fields: dict[str, Any], secret: bool) -> None:
    plan = with_params(SOURCE, fileMetadata=None, connectionType="database", connection=fields)
    findings = check_parameters(plan)
    assert [finding.code for finding in findings] == (["secret_in_plan"] if secret else [])
    assert "hunter2" not in repr(findings)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"measures": (Measure(aggregate=Aggregate.SUM),)}, "missing_column"),
        ({"sort": (Sort(by="m2"),)}, "unknown_field"),
        ({"series": "d2"}, "unknown_field"),
        ({"measures": (), "dimensions": (), "sort": (Sort(by="amount"),)}, None),
        ({"dimensions": (Dimension(column="a"),), "sort": (Sort(by="d1"),)}, None),
    ],
)
def test_queries(query: dict[str, Any], code: str | None) -> None:
    plan = with_params(REPORT, query=QUERY.model_copy(update=query), config=None)
    assert codes(plan) == ([code] if code else [])


@pytest.mark.parametrize(
    ("operator", "right", "wrong"),
    [
        (Operator.EQ, 1, 0), (Operator.NE, 1, 2), (Operator.LT, 1, 0), (Operator.LE, 1, 2),
        (Operator.GT, 1, 0), (Operator.GE, 1, 2), (Operator.IN, 3, 0), (Operator.NOT_IN, 1, 0),
        (Operator.BETWEEN, 2, 1), (Operator.CONTAINS, 1, 0), (Operator.STARTS, 1, 2),
        (Operator.EMPTY, 0, 1), (Operator.NOT_EMPTY, 0, 1), (Operator.RELATIVE, 1, 0),
    ],
)  # fmt: skip
def test_filters_have_the_values_they_need(operator: Operator, right: int, wrong: int) -> None:
    def plan(count: int) -> Plan:
        condition = Filter(column="a", operator=operator, values=(1,) * count)
        query = QUERY.model_copy(update={"filters": (condition,)})
        return with_params(REPORT, query=query, config=None)

    assert codes(plan(right)) == []
    assert codes(plan(wrong)) == ["filter_values"]


def test_a_chart_draws_fields_of_its_query() -> None:
    chart = ChartSpec(kind=ChartKind.BAR, x="d7", y=("m1",))
    assert said(with_params(REPORT, config=chart)) == [
        (
            "unknown_field",
            "Step 2: the chart draws “d7”, which is no field of the query's result.",
        )
    ]


@pytest.mark.parametrize(
    ("widget", "code"),
    [
        (WidgetSpec("chart", 0, 0, 6, 4), "missing_report"),
        (WidgetSpec("text", 0, 0, 6, 4), "missing_text"),
        (WidgetSpec("text", 0, 0, 6, 4, report=5, text="x"), "unexpected_report"),
        (WidgetSpec("chart", 8, 0, 6, 4, report=5), "too_wide"),
        (WidgetSpec("chart", 0, 0, 0, 4, report=5), "no_size"),
        (WidgetSpec("number", 0, 0, 3, 2, report=5), None),
    ],
)
def test_widgets(widget: WidgetSpec, code: str | None) -> None:
    assert codes(with_params(DASHBOARD, layout=(widget,))) == ([code] if code else [])


def test_overlapping_widgets_are_a_warning() -> None:
    layout = (WidgetSpec("chart", 0, 0, 6, 4, report=5), WidgetSpec("chart", 3, 3, 6, 4, report=6))
    findings = check_parameters(with_params(DASHBOARD, layout=layout))
    assert [(f.code, f.severity) for f in findings] == [("overlap", "warning")]
    assert not has_errors(findings)


def test_limits_of_a_list() -> None:
    for limit, code in ((0, "out_of_range"), (1001, "out_of_range"), (1000, None)):
        plan = one_step(operation=Operation.LIST, entity=Entity.ALL, params={"limit": limit})
        assert codes(plan) == ([code] if code else [])


def test_a_file_is_enough_without_its_upload() -> None:
    """Which upload it is gets settled with the database at hand."""
    assert codes(with_params(SOURCE, fileMetadata=FileSpec("a.csv"))) == []


def test_graph_and_parameters_are_both_asked() -> None:
    plan = plan_of(replace(REPORT, params={**REPORT.params, "name": ""}, depends_on=()))
    assert [finding.layer for finding in validate_plan(plan)] == ["graph", "parameters"]
