"""The same conversations with the catalog's own suggestions."""

from __future__ import annotations

import pytest

from catalog.charts.spec import ChartKind
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.spec import Grain
from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import NOW, PEOPLE, Q4, FakeCatalog
from wizard.dialogue.advice import ChartAdvice
from wizard.plan.build import build
from wizard.plan.model import Entity, Plan
from wizard.plan.parse import parse
from wizard.plan.validate import validate_plan


class AdvisedCatalog(ChartAdvice, FakeCatalog):
    """The fake world with real advice."""


def world(*tables: TableInfo) -> AdvisedCatalog:
    catalog = AdvisedCatalog()
    catalog.add(Entity.DATA_SOURCE, 5, "Sales Data", "excel")
    catalog.source_tables[5] = tables
    return catalog


def proceed(talk: Conversation) -> Conversation:
    """Take what is proposed until the end."""
    while question := talk.state.question:
        assert not question.problem
        if question.kind == "form":
            talk.choose({})
        else:
            talk.type("keep" if question.default is not None else "1")
    return talk


@pytest.mark.parametrize("table", [Q4, PEOPLE])
@pytest.mark.parametrize("kind", list(ChartKind))
def test_every_chart_that_is_possible_makes_a_valid_plan(kind: ChartKind, table: TableInfo) -> None:
    talk = Conversation(world(table)).type("create a report", "yes", "#5")
    option = talk.question.option(kind.value)
    assert option
    if option.disabled:
        assert option.reason
        return

    steps = proceed(talk.choose(kind.value)).complete.steps

    assert steps[-1].params["config"].kind is kind
    assert validate_plan(Plan(steps, "A report", "ann@example.com", NOW)) == []


def test_the_likeliest_come_first_with_the_reason() -> None:
    talk = Conversation(world(Q4)).type("create a report", "yes", "#5")

    assert talk.question.options[0].value == "line"
    assert talk.question.explain == "Month looks like time, so a line suits."
    assert talk.question.options[0].description == talk.question.explain
    talk.type("line")
    assert talk.question.options[0].value == "month"
    talk.type("1")
    assert talk.question.default == Grain.MONTH
    talk.type("keep")
    assert talk.question.options[0].label == "Revenue"


def test_a_suggested_dashboard_is_a_plan_that_holds() -> None:
    talk = Conversation(world(Q4)).type("create a dashboard", "suggest", "yes", "#5", "all")
    talk.type("done", "keep")

    plan = Plan(talk.complete.steps, talk.complete.description, "ann@example.com", NOW)
    assert len(plan.steps) >= 4
    assert validate_plan(plan) == []
    assert parse(build(plan)) == plan


def test_sensitive_columns_are_on_no_axis() -> None:
    secret = ColumnInfo("salary", "Salary", "decimal", "money", sensitive=True)
    mail = ColumnInfo("mail", "Mail", "text", "email", sensitive=True)
    table = TableInfo("data", "Data", [*Q4.columns, secret, mail])
    advice = ChartAdvice()

    for kind in ChartKind:
        axes = advice.axes(kind, table)
        assert not {"salary", "mail"} & {*axes.x, *axes.y, *axes.series}


def test_a_scatter_with_one_number_needs_something_else_along_the_bottom() -> None:
    table = TableInfo("data", "Data", [Q4.columns[0], Q4.columns[1]])
    talk = Conversation(world(table)).type("create a report", "yes", "#5").choose("scatter")

    assert [option.value for option in talk.question.options] == ["month"]
