"""Schedules: for what, when, in which zone, and the runs shown before anything is made."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from tests.wizard.dialogue.conversation import Conversation
from tests.wizard.dialogue.world import FakeCatalog, populated
from wizard.dialogue.catalog import TaskType
from wizard.plan.model import Entity, Ref

MAIL = TaskType("send", "Send it", formats=(("pdf", "PDF"), ("xlsx", "Excel")), recipients=True)
WARM = TaskType("warm", "Keep it fast")


def at_when(world: FakeCatalog) -> Conversation:
    return Conversation(world).type("create a schedule", "a report I have", "ID 1")


@pytest.mark.parametrize(
    ("when", "at", "cron"),
    [
        ("hourly", {"minute": 15}, "15 * * * *"),
        ("daily", {"time": "08:30"}, "30 8 * * *"),
        ("weekdays", {"time": "17:00"}, "0 17 * * 1-5"),
        ("weekly", {"weekday": "0", "time": "06:05"}, "5 6 * * 0"),
        ("monthly", {"day": "L", "time": "00:00"}, "0 0 L * *"),
        ("custom", {"cron": "*/20 9-17 * * 1-5"}, "*/20 9-17 * * 1-5"),
    ],
)
def test_each_way_of_saying_when(when: str, at: dict[str, JsonValue], cron: str) -> None:
    talk = at_when(populated()).choose(when).choose(at).type("keep")

    (step,) = talk.complete.steps
    assert step.params["cron"] == cron
    assert step.params["timezone"] == "Europe/Berlin"
    assert step.params["reportId"] == 1


def test_typed_and_with_another_zone() -> None:
    talk = at_when(populated()).type(
        "every week", "Day: friday, Time: 5:30 pm, Time zone: Asia/Tokyo"
    )

    assert talk.question.notes == (
        "The next runs: Fri 2026-02-27 17:30; Fri 2026-03-06 17:30; Fri 2026-03-13 17:30; "
        "Fri 2026-03-20 17:30; Fri 2026-03-27 17:30 (Asia/Tokyo).",
    )
    assert talk.question.default == "Sales Report every Friday"
    step = talk.type("keep").complete.steps[0]
    assert (step.params["cron"], step.params["timezone"]) == ("30 17 * * 5", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"cron": "every monday"}, "does not work"),
        ({"cron": "0 8 * * 1", "timezone": "Mars/Olympus"}, "not a time zone"),
        ({"cron": "0 8 * * 1", "timezone": "../etc/passwd"}, "not a time zone"),
    ],
)
def test_what_cannot_run_is_said_at_once(at: dict[str, JsonValue], said: str) -> None:
    talk = at_when(populated()).choose("custom").choose(at)

    assert talk.question.key == "schedule.at"
    assert said in talk.question.problem


def test_what_to_do_is_asked_where_there_is_a_choice() -> None:
    world = populated()
    world.tasks = [MAIL, WARM]
    talk = at_when(world).type("send it", "pdf", "ann@example.com, bob@example")

    assert talk.question.problem == "“bob@example” is not an e-mail address."
    talk.type("ann@example.com; bob@example.org", "daily", "keep", "keep")

    params = talk.complete.steps[0].params
    assert params["taskType"] == "send"
    assert params["format"] == "pdf"
    assert params["recipients"] == ("ann@example.com", "bob@example.org")


def test_a_single_task_type_is_taken_without_asking() -> None:
    world = populated()
    world.tasks = [WARM]

    talk = at_when(world).type("daily", "keep", "keep")

    assert talk.complete.steps[0].params["taskType"] == "warm"


def test_a_new_dashboard_can_be_made_on_the_way() -> None:
    talk = Conversation(populated()).type("create a schedule", "a new dashboard", "yes", "1")
    talk.type("done", "Board", "every day", "at 7am", "keep")

    dashboard, schedule = talk.complete.steps
    assert dashboard.entity is Entity.DASHBOARD
    assert schedule.params["dashboardId"] == Ref("dashboard-1")
    assert schedule.params["cron"] == "0 7 * * *"
    assert schedule.depends_on == ("step-1",)


def test_a_target_that_is_gone_is_said() -> None:
    world = populated()
    talk = at_when(world).type("daily")
    world.remove(Entity.REPORT, 1)

    talk.again()

    assert talk.question.key == "schedule.report"
    assert "(Sales Report) is not there any more" in talk.question.problem
