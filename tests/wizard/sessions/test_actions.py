"""What a session keeps, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from common.http.problems import Problem
from tests.world import World as People
from wizard.actions import sessions
from wizard.dialogue import Answer, Question, seal
from wizard.dialogue.question import Field
from wizard.models import WizardMessage, WizardSession
from wizard.replies import Said, hear
from wizard.world import World


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.RATE_LIMITS = {"second": 1000}


def begun(people: People) -> WizardSession:
    return sessions.start(actor=people.alice, said=Said(options=("create_report",)))


def test_every_answer_is_kept_before_the_next_question(world: People) -> None:
    session = begun(world)
    assert sessions.answers_of(session)[0].value == "create_report"
    said = session.messages.values_list("role", "content")
    assert list(said)[-1] == ("assistant", "Which project should it go in?")
    assert (session.intent, session.entity, session.title) == (
        "create_report", "REPORT", "Create a report",
    )  # fmt: skip


def test_a_message_for_an_older_version_writes_nothing(world: People) -> None:
    session = begun(world)
    before = WizardMessage.objects.count()
    with pytest.raises(sessions.Stale):
        sessions.answer(actor=world.alice, session=session, version=1, said=Said(text="General"))
    assert WizardMessage.objects.count() == before


def test_of_two_that_read_the_same_version_one_wins(world: People) -> None:
    session = begun(world)
    first, second = (WizardSession.objects.get(pk=session.pk) for _ in range(2))
    sessions.answer(
        actor=world.alice, session=first, version=first.version, said=Said(text="General")
    )
    with pytest.raises(sessions.Stale):
        sessions.answer(
            actor=world.alice, session=second, version=second.version, said=Said(text="Secret")
        )
    session.refresh_from_db()
    assert sessions.answers_of(session)[1].text == "General"


def test_a_cancelled_session_takes_no_answer(world: People) -> None:
    session = begun(world)
    sessions.cancel(actor=world.alice, session=session, version=session.version)
    with pytest.raises(Problem) as problem:
        sessions.answer(
            actor=world.alice, session=session, version=session.version, said=Said(text="x")
        )
    assert problem.value.code == "ILLEGAL_TRANSITION"
    assert "CANCELLED -> answer" in problem.value.detail


def test_starting_over_keeps_what_was_said_but_no_answer(world: People) -> None:
    session = begun(world)
    sessions.answer(
        actor=world.alice, session=session, version=session.version, said=Said(text="start over")
    )
    assert session.answers == []
    assert session.messages.filter(content="Create a report").exists()


def test_secrets_are_in_no_answer_and_no_transcript(world: People) -> None:
    fields = (Field("host", "Host"), Field("password", "Password", "password"))
    question = Question("source.connection", "How?", "form", fields=fields)
    heard = hear(question, Said(fields={"host": "db", "password": "pa55"}), World(world.alice))
    answer, secrets = seal(question, heard.value, heard.text)  # type: ignore[union-attr]
    assert "pa55" not in f"{answer}"
    assert "pa55" not in f"{heard.text}"  # type: ignore[union-attr]
    assert list(secrets.values()) == ["pa55"]
    assert isinstance(answer, Answer)


def test_stored_secrets_are_encrypted(world: People) -> None:
    session = begun(world)
    session.secrets = {"source.connection.password": "pa55"}
    session.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM wizard_wizardsession")
        assert "pa55" not in cursor.fetchone()[0]
    session.refresh_from_db()
    assert session.secrets["source.connection.password"] == "pa55"
