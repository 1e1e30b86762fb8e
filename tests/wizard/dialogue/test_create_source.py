"""Data sources: every kind the registry has, files that do not work, secrets, clashes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import (
    BROKEN_FILE,
    CSV_FILE,
    GONE_FILE,
    KINDS,
    PEOPLE_FILE,
    SALES_FILE,
    UPLOADS,
    FakeCatalog,
    populated,
)
from wizard.dialogue import NotUnderstood, match
from wizard.dialogue.catalog import Project
from wizard.plan.model import FileSpec, SecretRef

SECRET = "source.connection.password"
FIELDS = {"host": "db.example.com", "port": 5433, "database": "sales", "password": "hunter2"}


def at_kind(world: FakeCatalog) -> Conversation:
    return Conversation(world).type("create a data source")


def test_the_kinds_are_those_of_the_registry() -> None:
    world = FakeCatalog(kinds=KINDS[:2])

    assert [o.value for o in at_kind(world).question.options] == ["csv", "excel"]


def test_a_kind_one_may_not_create_is_shown_with_the_reason() -> None:
    world = FakeCatalog(denied={"catalog.add_database_source": "Only admins connect databases."})
    talk = at_kind(world)

    assert talk.question.options[3].disabled
    assert talk.question.options[3].reason == "Only admins connect databases."
    talk.choose("postgres")
    assert talk.question.key == "source.kind"
    assert "Only admins connect databases." in talk.question.problem


def test_a_sqlite_file_needs_no_types() -> None:
    talk = at_kind(FakeCatalog()).type("sqlite").choose(PEOPLE_FILE)

    assert talk.question.key == "source.name"
    assert talk.question.notes[0] == "I found 2 tables: People, Cities."
    (step,) = talk.type("keep").complete.steps
    assert step.params["name"] == "People"
    assert step.params["fileMetadata"] == FileSpec("people.sqlite", PEOPLE_FILE, "b" * 64)


def test_a_file_of_another_kind_is_read_as_what_it_is() -> None:
    talk = at_kind(FakeCatalog()).type("excel").choose(CSV_FILE)

    assert "is CSV file" in talk.question.notes[0]
    (step,) = talk.type("keep", "keep").complete.steps
    assert step.params["type"] == "csv"
    assert step.params["fileMetadata"].options == {"delimiter": ";"}


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (GONE_FILE, "not there any more"),
        (BROKEN_FILE, "it is encrypted"),
        (PEOPLE_FILE, "not look like"),
    ],
)
def test_a_file_that_does_not_work_is_said_and_the_conversation_stays(
    upload: str, said: str
) -> None:
    talk = at_kind(FakeCatalog()).type("excel").choose(upload)

    assert talk.question.key == "source.upload"
    assert said in talk.question.problem
    assert talk.choose(SALES_FILE).question.key == "source.sheet"


def test_an_upload_that_expires_later_is_asked_for_again() -> None:
    world = FakeCatalog()
    talk = at_kind(world).type("excel").choose(SALES_FILE).type("1", "keep")
    del world.uploads[SALES_FILE]

    talk.again()

    assert talk.question.key == "source.upload"
    assert "not there any more" in talk.question.problem


def test_secrets_never_enter_answers_or_steps() -> None:
    talk = at_kind(FakeCatalog()).type("postgres")
    talk.choose(FIELDS, text="password: hunter2")

    assert "hunter2" not in repr(talk.state)
    assert talk.secrets == {SECRET: "hunter2"}
    assert talk.question.notes == ("Connected to PostgreSQL 17.",)
    (step,) = talk.type("keep").complete.steps
    assert step.params["connection"] == {
        "host": "db.example.com",
        "port": "5433",
        "database": "sales",
        "password": SecretRef(SECRET),
    }
    assert step.params["connectionType"] == "database"


def test_a_failed_connection_says_why_and_keeps_what_was_typed() -> None:
    world = FakeCatalog(reachable=False)
    talk = at_kind(world).type("postgres").choose(FIELDS)

    assert talk.question.problem == (
        "The connection failed: nobody answers there. Check host and port."
    )
    assert talk.question.current == {**FIELDS, "password": {"secret": SECRET}}
    world.reachable = True
    talk.choose({**FIELDS, "host": "db2.example.com", "password": ""})
    assert talk.secrets == {SECRET: "hunter2"}
    step = talk.type("keep").complete.steps[0]
    assert step.params["connection"]["host"] == "db2.example.com"
    assert step.params["connection"]["password"] == SecretRef(SECRET)


def test_a_secret_can_be_typed_and_is_not_in_the_transcript() -> None:
    talk = at_kind(FakeCatalog()).type("postgres")
    talk.type("host: db.example.com, database: sales, password: hunter2")

    assert talk.secrets == {SECRET: "hunter2"}
    assert talk.state.answers[-1].text == "(connection details)"
    assert talk.question.key == "source.name"


@pytest.mark.parametrize("given", [{"secret": "source-9.connection.password"}, "", None, 5])
def test_a_secret_is_a_text_or_what_it_was_before(given: object) -> None:
    talk = at_kind(FakeCatalog()).type("postgres").choose({**FIELDS, "password": given})

    assert talk.question.problem == "Password: please give the secret again."
    assert talk.secrets == {}


def test_going_back_to_a_connection_shows_it_without_the_secret() -> None:
    talk = at_kind(FakeCatalog()).type("postgres").choose(FIELDS).back()

    assert talk.question.current["host"] == "db.example.com"
    assert talk.question.current["password"] == {"secret": SECRET}
    talk.choose({**FIELDS, "password": ""})
    assert talk.question.key == "source.name"


def test_back_from_an_objection_forgets_the_answer_objected_to() -> None:
    talk = at_kind(populated()).type("excel").choose(SALES_FILE).type("1", "keep", "Sales Data")
    assert talk.question.problem

    talk.back()

    assert talk.question.key == "source.columns"
    talk.type("keep")
    assert (talk.question.key, talk.question.problem) == ("source.name", "")


def test_a_name_in_use_is_said_at_once_with_a_free_one() -> None:
    talk = at_kind(populated()).type("excel").choose(SALES_FILE).type("1", "keep", "SALES data")

    assert talk.question.problem == (
        "There is already a data source called “SALES data”. “SALES data 2” is free."
    )
    talk.type("keep")
    assert talk.complete.steps[0].params["name"] == "SALES data 2"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  <script>alert(1)</script> ", "<script>alert(1)</script>"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("a\u200bb\x00c", "abc"),
        ("two\nlines\there", "two lines here"),
        ("'; DROP TABLE reports; --", "'; DROP TABLE reports; --"),
        ("“back”", "back"),
        ('"keep"', "keep"),
        ("Ａ ü é 数据 😀", "Ａ ü é 数据 😀"),
        ("ds-1", "ds-1"),
    ],
)
def test_names_are_only_cleaned_of_what_cannot_be_seen(typed: str, kept: str) -> None:
    talk = at_kind(FakeCatalog()).type("excel").choose(SALES_FILE).type("1", "keep", typed)

    assert talk.complete.steps[0].params["name"] == kept


@pytest.mark.parametrize("typed", ["x" * 201, "\u200b\u200b", "\x00"])
def test_names_that_are_none_are_not_taken(typed: str) -> None:
    talk = at_kind(FakeCatalog()).type("excel").choose(SALES_FILE).type("1", "keep")

    assert isinstance(match(talk.question, typed), NotUnderstood)
    assert talk.choose(typed).question.problem
    assert talk.question.key == "source.name"


def test_hostile_names_of_sheets_files_and_columns_are_only_words() -> None:
    sheet = "Q4'; <b>\u202e1, 2 and back"
    upload = replace(
        UPLOADS[SALES_FILE],
        name="../\u202eevil.xlsx",
        sheets=(replace(UPLOADS[SALES_FILE].sheets[0], name=sheet), UPLOADS[SALES_FILE].sheets[1]),
    )
    world = FakeCatalog(uploads={SALES_FILE: upload})
    talk = at_kind(world).type("excel").choose(SALES_FILE).type(sheet, "keep")

    assert "\u202e" not in str(talk.question.default)
    (step,) = talk.type("keep").complete.steps
    assert step.params["fileMetadata"].sheet == sheet


def test_the_project_is_asked_only_where_there_is_a_choice() -> None:
    world = FakeCatalog(project_list=[Project(7, "Finance"), Project(1, "General", True)])
    talk = at_kind(world)
    assert [option.label for option in talk.question.options] == ["General", "Finance"]

    talk.type("Finance", "csv").choose(CSV_FILE).type("keep", "keep")

    assert talk.complete.steps[0].params["projectId"] == 7


def test_a_file_of_a_kind_one_may_not_create_is_refused_with_the_reason() -> None:
    kinds = (replace(KINDS[0], permission="catalog.add_csv"), *KINDS[1:])
    world = FakeCatalog(kinds=kinds, denied={"catalog.add_csv": "No CSV files here."})

    talk = at_kind(world).type("excel").choose(CSV_FILE)

    assert (talk.question.key, talk.question.problem) == ("source.upload", "No CSV files here.")
