"""Typed text against the open question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wizard.dialogue.world import FakeCatalog, populated
from wizard.dialogue import Command, Field, Matched, NotUnderstood, Option, Question, match
from wizard.dialogue.typed import one_edit, parts, read_date, read_id, read_number, read_time
from wizard.plan.model import Entity

SHEETS = Question(
    "source.sheet",
    "Which sheet?",
    "choice",
    options=(
        Option("q4", "Q4 Data"),
        Option("sum", "Summary"),
        Option("su", "Süd-Umsätze"),
        Option("y", "2024"),
        Option("old", "Archive", disabled=True, reason="It is empty."),
    ),
)
COLUMNS = Question(
    "report[1].columns",
    "Which columns?",
    "multi",
    options=tuple(Option(c.lower(), c) for c in ("Month", "Revenue", "Cost", "Research and more")),
    multiple=True,
)
REPORTS = Question(
    "dashboard.report",
    "Which report?",
    "pick",
    options=(Option(8, "Sales"), Option(2, "Growth")),
    entity=Entity.REPORT,
)
NAME = Question("source.name", "What name?", "text", default="Sales")
ABOUT = Question(
    "report[1].about",
    "Name?",
    "form",
    fields=(
        Field("name", "Name", default="Sales"),
        Field("description", "Description", required=False),
        Field("day", "Day", "date", default="2026-01-01"),
        Field("at", "Time", "time", default="08:00"),
        Field("kind", "Kind", "choice", default="a", choices=(("a", "Alpha"), ("b", "Beta"))),
        Field("open", "Open", "boolean", default=False),
    ),
)


def value_of(question: Question, text: str) -> object:
    heard = match(question, text)
    assert isinstance(heard, Matched), heard
    return heard.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Q4 Data", "q4"),
        ("  q4   DATA. ", "q4"),
        ("“Q4 Data”", "q4"),
        ("q4", "q4"),
        ("2", "sum"),
        ("2.", "sum"),
        ("(2)", "sum"),
        ("option 2", "sum"),
        ("sumary", "sum"),
        ("smumary", "sum"),
        ("sud-umsatze", "su"),
        ("SÜD", "su"),
        ("2024", "y"),
    ],
)
def test_one_option(text: str, value: str) -> None:
    assert value_of(SHEETS, text) == value


@pytest.mark.parametrize("text", ["0", "99", "smry", "s", "#2", "", "   ", "…", "Data Q5"])
def test_what_is_no_option(text: str) -> None:
    assert isinstance(match(SHEETS, text), NotUnderstood)


def test_several_possible_options_are_named() -> None:
    heard = match(SHEETS, "su")

    assert isinstance(heard, NotUnderstood)
    assert [option.label for option in heard.options] == ["Summary", "Süd-Umsätze"]


def test_a_disabled_option_says_why() -> None:
    assert match(SHEETS, "archive") == NotUnderstood("“Archive” is not possible. It is empty.")


def test_what_was_not_understood_comes_with_the_choices() -> None:
    heard = match(SHEETS, "no idea")

    assert isinstance(heard, NotUnderstood)
    assert heard.message.endswith("You can say: Q4 Data, Summary, Süd-Umsätze, 2024.")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1, 3 and 4", ["month", "cost", "research and more"]),
        ("1-3", ["month", "revenue", "cost"]),
        ("month & cost", ["month", "cost"]),
        ("research and more", ["research and more"]),
        ("Revenue; revenue", ["revenue"]),
        ("all", ["month", "revenue", "cost", "research and more"]),
    ],
)
def test_several_options(text: str, values: list[str]) -> None:
    assert value_of(COLUMNS, text) == values


def test_one_unknown_among_several_takes_none() -> None:
    heard = match(COLUMNS, "month, profit")

    assert isinstance(heard, NotUnderstood)
    assert "“profit”" in heard.message


@pytest.mark.parametrize(
    ("text", "pk"),
    [("2", 2), ("#2", 2), ("#8", 8), ("ID 8", 8), ("id: 8", 8), ("1", 8), ("growth", 2)],
)
def test_a_bare_number_is_the_option_and_a_marked_one_the_id(text: str, pk: int) -> None:
    assert value_of(REPORTS, text) == pk


def test_items_beyond_those_shown_are_found_by_name_and_id() -> None:
    world = FakeCatalog()
    for pk in range(1, 61):
        world.add(Entity.REPORT, pk, f"Report no {pk} x")
    question = Question(
        "k",
        "Which?",
        "pick",
        options=(Option(1, "Report no 1 x"),),
        entity=Entity.REPORT,
        hidden=59,
    )

    assert match(question, "#60", world) == Matched(60, "Report no 60 x")
    assert match(question, "no 59 x", world) == Matched(59, "Report no 59 x")
    heard = match(question, "no 5", world)
    assert isinstance(heard, NotUnderstood)
    assert len(heard.options) == 11
    assert isinstance(match(question, "#61", world), NotUnderstood)


@pytest.mark.parametrize(
    ("text", "name"),
    [("back", "back"), ("Go back!", "back"), ("cancel", "cancel"), ("start over", "restart")],
)
@pytest.mark.parametrize("question", [SHEETS, COLUMNS, REPORTS, NAME, ABOUT])
def test_commands_work_everywhere(question: Question, text: str, name: str) -> None:
    assert match(question, text) == Command(name)  # type: ignore[arg-type]


def test_an_option_called_like_a_command_is_the_option() -> None:
    question = Question("k", "?", "choice", options=(Option("b", "Back"),))

    assert value_of(question, "back") == "b"


def test_keep_takes_the_previous_answer_before_the_proposal() -> None:
    assert value_of(NAME, "keep") == "Sales"
    assert value_of(replace(NAME, current="Mine"), "keep") == "Mine"
    assert value_of(NAME, "“keep”") == "keep"


def test_optional_text_can_be_skipped() -> None:
    assert value_of(Question("k", "?", "text", minimum=0), "skip") == ""


def test_forms_are_filled_by_labels() -> None:
    value = value_of(
        ABOUT,
        'name: "A, B", description = many words, even: colons; Day: 20.2.2026, time: 5pm, '
        "kind: bet, open: yes",
    )

    assert value == {
        "name": "A, B",
        "description": "many words, even: colons",
        "day": "2026-02-20",
        "at": "17:00",
        "kind": "b",
        "open": True,
    }


def test_a_form_takes_text_without_a_label_as_its_first_field() -> None:
    value = value_of(ABOUT, "Everything, really")

    assert isinstance(value, dict)
    assert value["name"] == "Everything, really"
    assert value["kind"] == "a"


def test_a_field_that_cannot_be_read_is_named() -> None:
    assert match(ABOUT, "day: someday") == NotUnderstood("Day: I did not understand “someday”.")


def test_an_upload_cannot_be_typed() -> None:
    assert isinstance(match(Question("k", "?", "upload"), "sales.xlsx"), NotUnderstood)


@pytest.mark.parametrize(
    "text", ["2026-02-20", "20.02.2026", "20.2.26", "20. 2. 2026", "2/20/2026"]
)
def test_dates_as_iso_german_and_american_people_write_them(text: str) -> None:
    assert read_date(text) == date(2026, 2, 20)


@pytest.mark.parametrize("text", ["2026-02-30", "20/2/2026", "tomorrow", "", "1.1"])
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("8:00", time(8)),
        ("08.30", time(8, 30)),
        ("at 8am", time(8)),
        ("12 am", time(0)),
        ("12pm", time(12)),
        ("5:15 p.m.", time(17, 15)),
        ("um 18 Uhr", time(18)),
        ("noon", time(12)),
        ("25:00", None),
        ("13pm", None),
        ("soon", None),
    ],
)
def test_times(text: str, moment: time | None) -> None:
    assert read_time(text) == moment


def test_small_readers() -> None:
    assert [read_id(t) for t in ("#8", "ID 8", "id:8", "8")] == [8, 8, 8, None]
    assert [read_number(t) for t in ("3", "3)", "number 3", "three")] == [3, 3, 3, None]
    assert parts("1, 3-5 and b") == ["1", "3", "4", "5", "b"]


@given(st.text(min_size=1, max_size=12), st.integers(0, 11), st.characters())
def test_one_edit_away_is_symmetric_and_finds_single_slips(word: str, at: int, new: str) -> None:
    at = min(at, len(word) - 1)
    changed = word[:at] + new + word[at + 1 :]
    dropped = word[:at] + word[at + 1 :]
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]

    for other in (changed, dropped, swapped):
        assert one_edit(word, other)
        assert one_edit(other, word)
    assert not one_edit(word, word + new + new)


@given(st.text(max_size=80))
def test_any_text_gets_an_answer_at_any_question(text: str) -> None:
    for question in (SHEETS, COLUMNS, REPORTS, NAME, ABOUT):
        heard = match(question, text, populated())
        assert isinstance(heard, Matched | Command | NotUnderstood)
        assert heard == match(question, text, populated())
