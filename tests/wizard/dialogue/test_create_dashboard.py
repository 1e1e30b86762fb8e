"""The first flow: a dashboard from nothing, with report and data source on the way."""

from __future__ import annotations

import pytest

from catalog.charts.spec import ChartKind
from catalog.query.spec import Aggregate, Grain
from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import CITIES, SALES_FILE, FakeCatalog, populated
from wizard.dialogue import match, replay
from wizard.dialogue.flows.dashboard import MAX_NEW_REPORTS
from wizard.dialogue.match import NotUnderstood
from wizard.plan.model import Entity, FileSpec, Operation, Ref, WidgetSpec

TYPED = (
    ("intent", "Create a Dashboard"),
    ("dashboard.have_reports", "No"),
    ("report[1].have_source", "no"),
    ("source.kind", "Excel"),
    ("source.upload", None),
    ("source.sheet", "q4 data"),
    ("source.columns", "keep"),
    ("source.name", "Sales Data Q4"),
    ("report[1].chart", "bar graph"),
    ("report[1].x", "1"),
    ("report[1].grain", "monthly"),
    ("report[1].y", "revenue"),
    ("report[1].aggregate", "total"),
    ("report[1].series", "no"),
    ("report[1].about", 'Name: "Q4 Revenue by Month", Description: "Revenue, month by month"'),
    ("dashboard.more[1]", "that is all"),
    ("dashboard.about", "Name: Q4 Sales Dashboard; description: Quarterly sales overview"),
)
CHOSEN = (
    "create_dashboard",
    "create",
    "create",
    "excel",
    SALES_FILE,
    "Q4 Data",
    {},
    "Sales Data Q4",
    "bar",
    "month",
    "month",
    "revenue",
    "sum",
    "none",
    {"name": "Q4 Revenue by Month", "description": "Revenue, month by month"},
    "done",
    {"name": "Q4 Sales Dashboard", "description": "Quarterly sales overview"},
)


def typed(world: FakeCatalog, until: int = len(TYPED)) -> Conversation:
    talk = Conversation(world)
    for key, text in TYPED[:until]:
        assert talk.question.key == key
        talk.choose(SALES_FILE) if text is None else talk.type(text)
    return talk


def test_the_whole_conversation_ends_in_three_steps() -> None:
    source, report, dashboard = typed(FakeCatalog()).complete.steps

    assert [s.id for s in (source, report, dashboard)] == ["step-1", "step-2", "step-3"]
    assert {s.operation for s in (source, report, dashboard)} == {Operation.CREATE}
    assert source.entity is Entity.DATA_SOURCE
    assert source.params == {
        "name": "Sales Data Q4",
        "type": "excel",
        "connectionType": "file",
        "fileMetadata": FileSpec(
            "sales_q4.xlsx", SALES_FILE, "a" * 64, "Q4 Data", {"header_row": 1}
        ),
        "projectId": 1,
    }
    assert report.params["sourceId"] == Ref("ds-1")
    assert report.depends_on == ("step-1",)
    query, chart = report.params["query"], report.params["config"]
    assert query.table == "data"
    assert [(d.column, d.grain) for d in query.dimensions] == [("month", Grain.MONTH)]
    assert [(m.column, m.aggregate) for m in query.measures] == [("revenue", Aggregate.SUM)]
    assert chart.kind is ChartKind.BAR
    assert report.params["description"] == "Revenue, month by month"
    assert dashboard.params["name"] == "Q4 Sales Dashboard"
    assert dashboard.params["layout"] == (WidgetSpec("chart", 0, 0, 12, 6, report=Ref("report-1")),)
    assert dashboard.depends_on == ("step-2",)
    assert dashboard.output == "dashboard-1"


def test_the_plan_is_described_in_words() -> None:
    description = typed(FakeCatalog()).complete.description

    assert description == (
        "Create the dashboard “Q4 Sales Dashboard” with 1 data source and 1 report"
    )


def test_typing_and_choosing_give_the_same_steps() -> None:
    chosen = Conversation(FakeCatalog())
    for value in CHOSEN:
        chosen.choose(value)

    assert chosen.complete.steps == typed(FakeCatalog()).complete.steps


def test_replay_is_deterministic() -> None:
    answers = typed(FakeCatalog()).state.answers

    assert replay(answers, FakeCatalog()) == replay(answers, FakeCatalog())


@pytest.mark.parametrize("position", range(1, len(TYPED) + 1))
def test_back_at_any_point_shows_the_question_with_its_answer(position: int) -> None:
    before = typed(FakeCatalog(), position - 1).question
    talk = typed(FakeCatalog(), position)
    answer = talk.state.answers[-1]

    talk.back()

    assert talk.question.key == before.key == TYPED[position - 1][0]
    assert talk.question.options == before.options
    current = talk.question.current
    if isinstance(answer.value, dict):
        assert {k: current[k] for k in answer.value} == answer.value
    else:
        assert current == answer.value
    talk.choose(answer.value)
    assert talk.state.next == typed(FakeCatalog(), position).state.next


def test_going_all_the_way_back_and_forward_again_gives_the_same_plan() -> None:
    talk = typed(FakeCatalog())
    plan = talk.complete
    while talk.state.trail:
        talk.back()
    assert talk.question.key == "intent"

    while talk.state.question:
        talk.choose(talk.question.current)

    assert talk.complete == plan


def test_the_sheets_columns_and_next_steps_are_shown_where_they_matter() -> None:
    sheet = typed(FakeCatalog(), 5).question
    assert [option.label for option in sheet.options] == ["Q4 Data", "Summary"]
    columns = typed(FakeCatalog(), 6).question
    assert "120 rows and 4 columns" in columns.text
    assert columns.notes[0] == "Columns: Month, Revenue, Cost, Region"
    chart = typed(FakeCatalog(), 8).question
    assert chart.options[0].value == "line"
    assert chart.explain == "Month looks like time, so a line suits."
    assert typed(FakeCatalog(), 14).state.preview is not None
    assert typed(FakeCatalog(), 13).state.preview is None


def test_changing_a_type_changes_what_is_planned_and_asked() -> None:
    talk = typed(FakeCatalog(), 6)

    talk.type("Revenue: text").type("Sales", "bar")

    assert "revenue" in [option.value for option in talk.question.options]
    talk.choose("region").choose("cost").choose("sum").choose("none")
    talk.type("keep", "done", "keep")
    file = talk.complete.steps[0].params["fileMetadata"]
    assert file.options == {"header_row": 1, "types": {"revenue": "text"}}


def test_another_header_row_shows_the_new_columns_once_more() -> None:
    talk = typed(FakeCatalog(), 6)

    talk.type("header_row: 3")

    assert talk.question.key == "source.columns[2]"
    assert [field.label for field in talk.question.fields][:2] == ["Month x", "Revenue x"]
    talk.type("keep", "Sales")
    assert talk.question.notes == ("Columns: Month x, Revenue x, Cost x, Region x",)


def test_a_header_row_that_cannot_be_is_said_and_asked_again() -> None:
    talk = typed(FakeCatalog(), 6)

    talk.type("header_row: 77")

    assert talk.question.key == "source.columns"
    assert "no rows below" in talk.question.problem
    talk.type("header_row: 1")
    assert talk.question.key == "source.name"


def test_several_reports_old_and_new_make_one_dashboard() -> None:
    talk = Conversation(populated())
    talk.type("create a dashboard", "yes", "1 and #8", "another", "yes", "Sales Data", "table")
    talk.type("all", "Rows", "another")

    assert talk.question.options[0].label == "Use “Sales Data” again"
    talk.type("same", "number", "revenue", "average", "keep", "done", "keep")

    steps = talk.complete.steps
    assert [step.entity for step in steps] == [Entity.REPORT, Entity.REPORT, Entity.DASHBOARD]
    assert steps[0].params["sourceId"] == 5
    assert steps[1].params["sourceId"] == 5
    assert steps[2].depends_on == ("step-1", "step-2")
    widgets = steps[2].params["layout"]
    assert [(w.kind, w.report) for w in widgets] == [
        ("number", 8),
        ("number", Ref("report-2")),
        ("chart", 1),
        ("table", Ref("report-1")),
    ]


def test_a_suggested_set_of_reports_fills_the_dashboard_at_once() -> None:
    talk = Conversation(populated()).type("create a dashboard", "suggest", "yes", "#5")

    assert talk.question.key == "dashboard.suggested"
    assert talk.question.options[0].description == "Month looks like time, so a line suits."
    talk.type("all", "done", "Sales overview")

    reports = [s for s in talk.complete.steps if s.entity is Entity.REPORT]
    assert [report.params["name"] for report in reports] == [
        "revenue by Month",
        "revenue by Region",
    ]
    assert all(report.params["sourceId"] == 5 for report in reports)


def test_nothing_to_suggest_goes_on_with_a_report_of_that_source() -> None:
    world = populated()
    world.source_tables[5] = (CITIES,)
    talk = Conversation(world).type("create a dashboard", "suggest", "yes", "#5")

    assert talk.question.key == "report[1].chart"
    assert "no suggestion" in talk.question.notes[0]


def test_reports_are_only_offered_where_there_are_some() -> None:
    talk = Conversation(FakeCatalog()).type("create a dashboard")

    assert talk.question.options[0].reason == "There are no reports yet."
    heard = match(talk.question, "yes")
    assert isinstance(heard, NotUnderstood)
    assert "There are no reports yet" in heard.message


def test_a_new_source_used_twice_is_made_once() -> None:
    talk = typed(FakeCatalog(), 15).type("another")
    assert talk.question.options[0].description == "New in this plan"
    talk.type("same", "table", "all", "Rows", "done", "keep")

    entities = [step.entity for step in talk.complete.steps]
    assert entities == [Entity.DATA_SOURCE, Entity.REPORT, Entity.REPORT, Entity.DASHBOARD]
    assert [step.params["sourceId"] for step in talk.complete.steps[1:3]] == [Ref("ds-1")] * 2


def test_a_source_picked_twice_is_offered_again_once() -> None:
    talk = Conversation(populated()).type("create a dashboard", "create")
    for name in ("One", "Two"):
        talk.choose("pick").type("#5", "table", "all", name, "another")

    labels = [option.label for option in talk.question.options]
    assert labels.count("Use “Sales Data” again") == 1


def test_a_dashboard_takes_a_dozen_new_reports_and_no_more() -> None:
    talk = Conversation(populated()).type("create a dashboard", "create", "yes", "#5")
    for n in range(1, MAX_NEW_REPORTS + 1):
        if n > 1:
            talk.type("another", "same")
        talk.type("table", "all", f"Report {n}")

    assert talk.question.key == "dashboard.about"
    assert len(talk.type("keep").complete.steps) == MAX_NEW_REPORTS + 1
