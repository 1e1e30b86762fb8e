"""Answers given ahead, in any order, stored as JSON: the list is all there is."""

from __future__ import annotations

import json

from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.test_create_dashboard import CHOSEN, TYPED, typed
from tests.wizard.dialogue.world import FakeCatalog, populated
from wizard.dialogue import (
    Answer,
    Complete,
    Question,
    next_question,
    record,
    reopen,
    replay,
    search,
)
from wizard.plan.model import Entity

SAID = {
    "intent": "create_report",
    "report[1].have_source": "pick",
    "report[1].source": 5,
    "report[1].chart": "bar",
    "report[1].x": "region",
    "report[1].y": "revenue",
    "report[1].aggregate": "sum",
}


def test_what_was_said_ahead_is_used_and_only_the_rest_is_asked() -> None:
    answers = tuple(Answer(key, value) for key, value in reversed(SAID.items()))

    talk = Conversation(populated(), answers)

    assert talk.question.key == "report[1].series"
    assert talk.type("no", "keep").complete.steps[0].params["sourceId"] == 5


def test_back_follows_the_order_asked_not_the_order_said() -> None:
    answers = tuple(Answer(key, value) for key, value in reversed(SAID.items()))

    talk = Conversation(populated(), answers).back()

    assert talk.question.key == "report[1].aggregate"
    assert talk.question.current == "sum"


def test_something_said_ahead_that_is_not_there_is_asked() -> None:
    answers = tuple(
        Answer(key, value) for key, value in (SAID | {"report[1].x": "country"}).items()
    )

    talk = Conversation(populated(), answers)

    assert talk.question.key == "report[1].x"
    assert talk.question.problem


def test_answers_to_questions_never_asked_are_harmless() -> None:
    talk = Conversation(populated(), (Answer("nonsense", {"a": 1}), Answer("source.kind", "csv")))

    assert talk.question.key == "intent"
    assert talk.question.current is None


def test_answers_and_questions_survive_as_json() -> None:
    talk = typed(FakeCatalog())
    stored = json.loads(json.dumps([answer.to_json() for answer in talk.state.answers]))

    assert replay([Answer(**one) for one in stored], FakeCatalog()) == talk.state
    for position in range(len(TYPED)):
        assert json.dumps(typed(FakeCatalog(), position).question.to_json())
    assert json.dumps(Conversation(populated()).type("list", "all").reply.to_json())


def test_a_new_answer_to_an_old_question_takes_its_place() -> None:
    answers = (Answer("a", 1), Answer("b", 2))

    assert record(answers, Answer("a", 3)) == (Answer("a", 3), Answer("b", 2))
    assert record(answers, Answer("c", 3)) == (*answers, Answer("c", 3))
    assert reopen(answers, "a") == (Answer("a", 1, withdrawn=True), Answer("b", 2))


def test_back_at_the_first_question_stays_there() -> None:
    talk = Conversation(FakeCatalog()).back()

    assert talk.question.key == "intent"


def test_what_comes_next_is_said_for_the_world_as_it_is() -> None:
    world = populated()
    state = Conversation(world).type("create a report", "yes", "#5").state
    world.remove(Entity.DATA_SOURCE, 5)

    following = next_question(state, world)

    assert isinstance(following, Question)
    assert following.key == "report[1].source"
    assert isinstance(state.next, Question)
    assert state.next.key == "report[1].chart"


def test_every_way_of_choosing_is_one_answer_each() -> None:
    talk = Conversation(FakeCatalog())
    for value in CHOSEN:
        talk.choose(value)

    assert isinstance(talk.state.next, Complete)
    assert len(talk.state.answers) == len(CHOSEN)
    assert talk.state.trail == tuple(key for key, _ in TYPED)


def test_a_long_list_is_searched_on_the_other_side() -> None:
    world = FakeCatalog()
    for pk in range(1, 71):
        world.add(Entity.REPORT, pk, f"Report {pk:03}")
    talk = Conversation(world).type("create a schedule", "a report I have")

    assert (len(talk.question.options), talk.question.hidden) == (50, 20)
    assert [o.value for o in search(talk.question, "07", world)] == [7, 70]
    talk.type("#66")
    assert talk.question.key == "schedule.when"
    back = talk.back()
    assert back.question.current == 66
    assert "not there any more" in back.choose(71, "Report 071").question.problem
