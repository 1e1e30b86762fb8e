"""Reports: which charts are possible, which axes are offered, what has gone meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog.charts.spec import ChartKind
from catalog.query.spec import Aggregate, ReportQuery
from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import CITIES, PEOPLE, Q4, FakeCatalog, populated
from wizard.dialogue import reopen
from wizard.plan.model import Entity


def at_chart(world: FakeCatalog) -> Conversation:
    return Conversation(world).type("create a report", "yes", "Sales Data")


def query_of(talk: Conversation) -> ReportQuery:
    return talk.complete.steps[-1].params["query"]


def test_an_existing_source_needs_one_step() -> None:
    talk = at_chart(populated()).type("bar", "Region", "Revenue", "sum", "no", "Revenue")

    (step,) = talk.complete.steps
    assert step.params["sourceId"] == 5
    assert step.params["name"] == "Revenue"
    assert step.depends_on == ()


def test_every_chart_kind_the_catalog_has_is_offered_suggestions_first() -> None:
    options = at_chart(populated()).question.options

    assert [option.value for option in options[:2]] == ["line", "bar"]
    assert {option.value for option in options} == {kind.value for kind in ChartKind}


def test_charts_that_the_columns_cannot_make_say_why() -> None:
    world = populated()
    world.source_tables[5] = (CITIES,)
    options = {option.value: option for option in at_chart(world).question.options}

    assert options["scatter"].reason == "It needs two columns with numbers."
    assert not options["table"].disabled
    assert not options["number"].disabled


@pytest.mark.parametrize("kind", list(ChartKind))
def test_every_chart_kind_can_be_completed_by_taking_what_is_proposed(kind: ChartKind) -> None:
    talk = at_chart(populated()).choose(kind.value)
    while talk.state.question:
        talk.type("keep" if talk.question.default is not None else "1") if (
            talk.question.kind != "form"
        ) else talk.choose({})

    assert talk.complete.steps[-1].params["config"].kind is kind


def test_a_split_makes_a_series() -> None:
    talk = at_chart(populated()).type("line", "Month", "year", "Cost", "average", "Region", "keep")

    query = query_of(talk)
    assert query.series == "d2"
    assert query.measures[0].aggregate is Aggregate.AVG


def test_counting_rows_asks_for_no_aggregate() -> None:
    talk = at_chart(populated()).type("pie", "Region", "how many")

    assert talk.question.key == "report[1].about"
    assert query_of(talk.type("keep")).measures[0].aggregate is Aggregate.COUNT


def test_a_source_of_several_tables_asks_which() -> None:
    world = populated()
    world.source_tables[5] = (PEOPLE, CITIES)
    talk = at_chart(world)

    assert talk.question.key == "report[1].table"
    assert query_of(talk.type("cities", "table", "all", "keep")).table == "cities"


def test_a_source_without_readable_tables_is_said() -> None:
    world = populated()
    world.source_tables[5] = ()
    talk = Conversation(world).type("create a report", "yes").choose(5, "Sales Data")

    assert talk.question.key == "report[1].source"
    assert "no tables" in talk.question.problem


def test_none_of_the_sources_leads_to_a_new_one() -> None:
    talk = Conversation(populated()).type("create a report", "yes", "new")

    assert talk.question.key == "source.kind"


def test_a_source_removed_between_answers_is_said_and_asked_again() -> None:
    world = populated()
    talk = at_chart(world).type("bar", "Region")
    world.remove(Entity.DATA_SOURCE, 5)

    talk.again()

    assert talk.question.key == "report[1].source"
    assert "(Sales Data) is not there any more" in talk.question.problem
    assert [option.value for option in talk.question.options] == [6, "create"]
    talk.type("Marketing")
    assert talk.question.key == "report[1].y", "what still fits is not asked twice"


def test_when_the_last_source_is_removed_another_way_is_offered() -> None:
    world = populated()
    talk = at_chart(world)
    world.remove(Entity.DATA_SOURCE, 5)
    world.remove(Entity.DATA_SOURCE, 6)

    talk.again()

    assert talk.question.key == "report[1].have_source"
    assert "There are no data sources yet." in talk.question.problem
    assert talk.type("no").question.key == "source.kind"


def test_a_column_that_went_away_is_asked_again() -> None:
    world = populated()
    talk = at_chart(world).type("bar", "Region", "Revenue", "sum", "no")
    columns = [column for column in Q4.columns if column.name != "revenue"]
    world.source_tables[5] = (replace(Q4, columns=columns),)

    talk.again()

    assert talk.question.key == "report[1].y"
    assert talk.question.problem
    assert talk.type("Cost").question.key == "report[1].about"


def test_reports_removed_from_a_choice_of_several_keep_the_others() -> None:
    world = populated()
    talk = Conversation(world).type("create a dashboard", "yes", "1, 2, 3")
    world.remove(Entity.REPORT, 2)

    talk.again()

    assert talk.question.key == "dashboard.reports"
    assert "not there any more" in talk.question.problem
    talk.type("keep", "done", "keep")
    assert len(talk.complete.steps[0].params["layout"]) == 2


def test_modify_asks_one_question_again_and_keeps_the_rest() -> None:
    talk = at_chart(populated()).type("bar", "Region", "Revenue", "sum", "no", "Revenue")
    changed = Conversation(talk.catalog, reopen(talk.state.answers, "report[1].chart"))

    assert changed.question.current == "bar"
    changed.type("line")
    assert changed.complete.steps[0].params["config"].kind is ChartKind.LINE
    assert changed.complete.steps[0].params["name"] == "Revenue"


def test_two_new_things_of_one_plan_cannot_share_a_name() -> None:
    talk = Conversation(populated())
    talk.type("create a dashboard", "create", "yes", "#5", "table", "all", "Same", "another")
    talk.type("same", "table", "all", "Name: same")

    assert talk.question.key == "report[2].about"
    assert "“same 2” is free" in talk.question.problem


def test_columns_named_like_our_own_words_are_columns() -> None:
    world = populated()
    columns = [replace(Q4.columns[1], name="count"), replace(Q4.columns[3], name="none")]
    world.source_tables[5] = (replace(Q4, columns=columns),)
    talk = at_chart(world).choose("bar").choose("none").choose("count").choose("sum").type("keep")

    assert query_of(talk).measures[0].column == "count"
    assert query_of(talk).dimensions[0].column == "none"


def test_a_dead_end_says_why_and_how_to_go_on() -> None:
    world = FakeCatalog(denied={"catalog.add_datasource": "Ask an admin for a data source."})
    talk = Conversation(world).type("create a report")

    assert [option.reason for option in talk.question.options] == [
        "There are no data sources yet.",
        "Ask an admin for a data source.",
    ]
    assert "go back" in talk.question.help


def test_a_source_without_columns_leads_nowhere_but_back() -> None:
    world = populated()
    world.source_tables[5] = (replace(Q4, columns=[]),)
    talk = at_chart(world)

    assert "nothing to report on" in talk.question.text
    assert "go back" in talk.question.help
