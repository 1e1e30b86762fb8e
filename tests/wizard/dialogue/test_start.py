"""The first question, lists, and what is said in one's own words."""

from __future__ import annotations

import pytest

from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import FakeCatalog, populated
from wizard.dialogue import Matched, NotUnderstood, match


def test_the_first_question_offers_everything() -> None:
    question = Conversation(FakeCatalog()).question

    assert question.text == "What would you like to do?"
    assert [option.label for option in question.options] == [
        "Create a report",
        "Create a dashboard",
        "Create a data source",
        "Create a schedule",
        "Update an existing item",
        "Delete an existing item",
        "List existing items",
        "Something else",
    ]


def test_what_one_may_not_create_is_shown_disabled_with_the_reason() -> None:
    world = FakeCatalog(denied={"catalog.add_schedule": "Viewers cannot create schedules."})
    option = Conversation(world).question.options[3]

    assert (option.disabled, option.reason) == (True, "Viewers cannot create schedules.")


@pytest.mark.parametrize(("text", "said"), [("Update an existing item", "Edit"), ("6", "Delete")])
def test_update_and_delete_say_where_to_do_it(text: str, said: str) -> None:
    heard = match(Conversation(FakeCatalog()).question, text)

    assert isinstance(heard, NotUnderstood)
    assert said in heard.message


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("create a dashboard", "create_dashboard"),
        ("Make me a report of sales by region!", "create_report"),
        ("I want a bar chart", "create_report"),
        ("build a dashboard from my reports", "create_dashboard"),
        ("please connect our database", "create_source"),
        ("upload a file", "create_source"),
        ("schedule the sales report", "create_schedule"),
        ("send me the report every Monday", "create_schedule"),
        ("show me all my reports", "list"),
        ("show me a bar chart of revenue", "create_report"),
        ("create a report about change requests", "create_report"),
        ("what dashboards do I have?", "list"),
        ("crate a report", "create_report"),
        ("2.", "create_dashboard"),
        ("report", "create_report"),
        ("SOMETHING ELSE", "other"),
    ],
)
def test_a_whole_sentence_answers_the_first_question(text: str, intent: str) -> None:
    heard = match(Conversation(FakeCatalog()).question, text)

    assert isinstance(heard, Matched)
    assert heard.value == intent


@pytest.mark.parametrize(
    "text", ["don't create a report", "hello", "what is the weather", "🙂", "delete everything"]
)
def test_what_is_not_plain_is_not_guessed(text: str) -> None:
    assert isinstance(match(Conversation(FakeCatalog()).question, text), NotUnderstood)


def test_a_list_of_everything_is_answered_at_once_with_links() -> None:
    reply = Conversation(populated()).type("list existing items", "all").reply

    assert [(listing.title, len(listing.items)) for listing in reply.listings] == [
        ("Reports", 3),
        ("Dashboards", 1),
        ("Data sources", 2),
        ("Schedules", 2),
    ]
    assert reply.listings[0].items[0].url == "/report/1/"
    assert reply.text == "Here are 8 items."
    assert reply.closing == "Would you like to take any action on these items?"


def test_a_list_can_be_filtered_where_that_tells_items_apart() -> None:
    talk = Conversation(populated()).type("list", "schedules only")
    assert talk.question.key == "list.filter"

    reply = talk.type("paused").reply

    assert [item.name for item in reply.listings[0].items] == ["Old mail"]
    assert reply.text == "Here is 1 schedule."
    by_kind = Conversation(populated()).type("list", "data sources", "csv").reply
    assert [item.id for item in by_kind.listings[0].items] == [6]


def test_an_empty_list_says_so() -> None:
    reply = Conversation(FakeCatalog()).type("list", "reports").reply

    assert reply.text == "There are no reports to show."
    assert reply.closing == ""


def test_something_else_in_scope_goes_on_as_a_guided_conversation() -> None:
    talk = Conversation(FakeCatalog()).type("something else", "I need a dashboard for the board")

    assert talk.question.key == "dashboard.have_reports"
    assert talk.state.intent == "create_dashboard"


@pytest.mark.parametrize("text", ["write me a poem", "delete the sales report"])
def test_something_else_out_of_scope_is_declined_with_what_can_be_done(text: str) -> None:
    talk = Conversation(FakeCatalog()).type("something else", text)

    assert talk.question.key == "other.request"
    assert talk.question.problem
    assert "create" in talk.question.help
