"""Random conversations: whatever is chosen, they end, repeat nothing and give a plan that holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import (
    CSV_FILE,
    NOW,
    PEOPLE_FILE,
    SALES_FILE,
    UPLOADS,
    FakeCatalog,
    populated,
)
from wizard.dialogue import Complete, Option, Question, Reply, replay
from wizard.dialogue.catalog import Project, TaskType
from wizard.plan.build import build
from wizard.plan.model import Plan
from wizard.plan.parse import parse
from wizard.plan.validate import validate_plan

LONGEST = 220  # twelve reports with a new source each, and what is around them
TEXTS = st.sampled_from(
    ["Sales", "back", "ds-1", "<b>", "数据", "'; --", "a@example.com", "x" * 200]
)
FITTING = {".csv": CSV_FILE, ".xlsx": SALES_FILE, ".sqlite": PEOPLE_FILE}


def worlds() -> st.SearchStrategy[FakeCatalog]:
    return st.builds(_world, st.booleans(), st.booleans(), st.booleans())


def _world(filled: bool, many_projects: bool, tasks: bool) -> FakeCatalog:
    world = populated() if filled else FakeCatalog()
    if many_projects:
        world.project_list = [Project(1, "General", True), Project(2, "Finance")]
    if tasks:
        world.tasks = [
            TaskType("send", "Send", formats=(("pdf", "PDF"), ("csv", "CSV")), recipients=True),
            TaskType("warm", "Keep it fast"),
        ]
    return world


def answer(question: Question, draw: st.DrawFn) -> Any:
    """Any answer a page would let through."""
    options: list[Option] = [option for option in question.options if not option.disabled]
    if question.kind == "upload":
        return next(u for suffix, u in FITTING.items() if suffix in question.extensions)
    if question.kind == "text":
        return draw(TEXTS) if question.key != "other.request" else "create a dashboard"
    if question.kind == "form":
        return _form(question, draw)
    values = [option.value for option in options]
    if question.multiple:
        return draw(st.lists(st.sampled_from(values), min_size=1, unique=True))
    return draw(st.sampled_from(values))


def _form(question: Question, draw: st.DrawFn) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in question.fields:
        if field.kind == "choice":
            values[field.name] = draw(st.sampled_from([key for key, _ in field.choices]))
        elif field.kind == "password":
            values[field.name] = "hunter2"
        elif field.name == "header_row":
            values[field.name] = draw(st.sampled_from([1, 2]))
        elif field.name in ("host", "database"):
            values[field.name] = draw(TEXTS)
        elif field.name in ("name", "description"):
            values[field.name] = draw(TEXTS) + str(draw(st.integers(0, 10**9)))[:9]
    return {k: v[:200] if isinstance(v, str) else v for k, v in values.items()}


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Conversation, list[str]]:
    """A conversation to its end, and the keys in the order they were first settled."""
    talk = Conversation(draw(worlds()))
    asked: list[str] = []
    for _ in range(LONGEST):
        question = talk.state.question
        if question is None:
            return talk, asked
        if question.problem:
            talk.choose(_mended(question))
            continue
        asked.append(question.key)
        talk.choose(answer(question, draw))
    raise AssertionError(f"no end after {LONGEST} answers: {asked[-5:]}")


def _mended(question: Question) -> Any:
    """What the wizard itself proposes after an objection."""
    if question.kind == "form":
        return {}
    if question.key == "schedule.recipients":
        return "ann@example.com"
    if question.kind == "text":
        return question.default
    return next(option.value for option in question.options if not option.disabled)


@settings(max_examples=120, deadline=None)
@given(conversations())
def test_every_conversation_ends_without_asking_twice(
    ended: tuple[Conversation, list[str]],
) -> None:
    talk, asked = ended

    assert len(asked) == len(set(asked))
    assert list(talk.state.trail) == asked
    assert isinstance(talk.state.next, Complete | Reply)
    assert replay(talk.state.answers, talk.catalog) == talk.state


@settings(max_examples=120, deadline=None)
@given(conversations())
def test_every_plan_holds(ended: tuple[Conversation, list[str]]) -> None:
    talk, _ = ended
    if isinstance(talk.state.next, Reply):
        return
    plan = Plan(talk.complete.steps, talk.complete.description, "ann@example.com", NOW)

    assert [finding for finding in validate_plan(plan) if finding.severity == "error"] == []
    raw = build(plan)
    assert parse(raw).steps == plan.steps
    assert b"hunter2" not in raw
    assert "hunter2" not in repr(talk.state)


@settings(max_examples=60, deadline=None)
@given(conversations(), st.integers(1, 30))
def test_back_and_the_same_answers_again_change_nothing(
    ended: tuple[Conversation, list[str]], steps: int
) -> None:
    talk, asked = ended
    end = talk.state.next
    for _ in range(min(steps, len(asked))):
        talk.back()
    while talk.state.question:
        assert talk.question.current is not None
        talk.choose(talk.question.current)

    assert talk.state.next == end


@settings(max_examples=60, deadline=None)
@given(conversations(), st.data())
def test_a_world_that_changes_is_met_with_a_question(
    ended: tuple[Conversation, list[str]], data: st.DataObject
) -> None:
    talk, _ = ended
    world = talk.catalog
    assert isinstance(world, FakeCatalog)
    for item in data.draw(st.lists(st.sampled_from(world.things))) if world.things else []:
        world.remove(item.entity, item.id)
    for upload in data.draw(st.lists(st.sampled_from(sorted(UPLOADS)))):
        world.uploads.pop(upload, None)

    talk.again()

    if talk.state.question:
        assert talk.question.problem
        assert talk.question.text


@settings(max_examples=200, deadline=None)
@given(conversations(), st.data())
def test_damaged_answers_never_crash(
    ended: tuple[Conversation, list[str]], data: st.DataObject
) -> None:
    talk, _ = ended
    json = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
        max_leaves=6,
    )
    answers = list(talk.state.answers)
    at = data.draw(st.integers(0, len(answers) - 1))
    answers[at] = replace(answers[at], value=data.draw(json))

    state = replay(answers, talk.catalog)

    assert state.next is not None
