"""The dialogue: answers in, the next question out. Pure: the same answers and the same world
always lead to the same place.

The list of answers is all there is to store. Nothing is kept beside it, so going back is taking
the last answer back, and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from wizard.dialogue.catalog import Catalog
from wizard.dialogue.drafts import Preview
from wizard.dialogue.flows.start import conversation
from wizard.dialogue.question import REDACTED, Answer, Complete, Next, Question, Reply
from wizard.dialogue.talk import Pending, Talk

Answers = Sequence[Answer]


@dataclass(frozen=True, slots=True)
class State:
    """Where the conversation stands. ``trail`` are the keys answered, in the order asked;
    ``next`` is what to show now; ``preview`` the chart to draw beside it."""

    answers: tuple[Answer, ...]
    trail: tuple[str, ...]
    intent: str
    next: Next
    preview: Preview | None = None

    @property
    def question(self) -> Question | None:
        return self.next if isinstance(self.next, Question) else None


def replay(answers: Answers, catalog: Catalog) -> State:
    talk = Talk(answers, catalog)
    try:
        following: Next = _closed(conversation(talk), talk)
    except Pending as pending:
        following = pending.question
    return State(tuple(answers), tuple(talk.trail), talk.intent, following, talk.preview)


def _closed(ending: Complete | Reply, talk: Talk) -> Complete | Reply:
    """Facts that no question was left to show go with the end."""
    if isinstance(ending, Complete) and talk.notes:
        return replace(ending, notes=tuple(talk.notes))
    return ending


def next_question(state: State, catalog: Catalog) -> Next:
    """What comes next in the world as it is now; ``state.next`` is as it was at the replay."""
    return replay(state.answers, catalog).next


def record(answers: Answers, answer: Answer) -> tuple[Answer, ...]:
    """The answers with this one: in place of an earlier answer to its question, else at the end."""
    if all(one.question != answer.question for one in answers):
        return (*answers, answer)
    return tuple(answer if one.question == answer.question else one for one in answers)


def back(state: State) -> tuple[Answer, ...]:
    """The answers with the last one taken back; it is shown when its question comes again.

    An answer objected to is taken back as well: back leads to the question before it."""
    answers = reopen(state.answers, state.question.key) if state.question else state.answers
    return reopen(answers, state.trail[-1]) if state.trail else answers


def reopen(answers: Answers, key: str) -> tuple[Answer, ...]:
    """Take back the answer to one question ("Modify"); what still fits later is kept."""
    return tuple(replace(one, withdrawn=True) if one.question == key else one for one in answers)


def seal(question: Question, value: JsonValue, text: str) -> tuple[Answer, dict[str, str]]:
    """The answer to store, and the secrets to keep encrypted beside the session.

    Secrets leave the answer here and now: what is stored, shown and planned are their names. One
    left empty stays what it was."""
    names = [field.name for field in question.fields if field.secret]
    if not names or not isinstance(value, dict):
        return Answer(question.key, value, text), {}
    before = question.current if isinstance(question.current, dict) else {}
    sealed, secrets = dict(value), {}
    for name in names:
        reference = secret_name(question.key, name)
        given = value.get(name)
        if isinstance(given, str) and given:
            secrets[reference] = given
        known = reference in secrets or before.get(name) == {"secret": reference}
        sealed[name] = {"secret": reference} if known else ""
    return Answer(question.key, sealed, REDACTED), secrets


def secret_name(key: str, field: str) -> str:
    """``source[2].connection``, ``password`` → ``source-2.connection.password``."""
    return f"{key}.{field}".replace("[", "-").replace("]", "")
