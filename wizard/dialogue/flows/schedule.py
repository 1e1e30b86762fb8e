"""A schedule: for what, what to do, when, and a name. The next five runs are shown at once."""

from __future__ import annotations

import re
from dataclasses import replace

from pydantic import JsonValue

from wizard.dialogue.catalog import TaskType
from wizard.dialogue.drafts import DashboardDraft, ReportDraft, ScheduleDraft
from wizard.dialogue.flows.dashboard import existing_dashboard, new_dashboard
from wizard.dialogue.flows.report import existing_report, new_report
from wizard.dialogue.flows.timing import timing
from wizard.dialogue.question import Option, Question
from wizard.dialogue.talk import Objection, Talk
from wizard.dialogue.words import (
    ICONS,
    PERMISSIONS,
    existing,
    guarded,
    pick,
    pick_one,
    taken,
)
from wizard.plan.model import Entity

EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")


def new_schedule(talk: Talk) -> ScheduleDraft:
    target = _target(talk)
    task = _task(talk, Entity.REPORT if isinstance(target, ReportDraft) else Entity.DASHBOARD)
    form = _format(talk, task)
    recipients = _recipients(talk, task)
    cron, timezone, words = timing(talk)
    name = _name(talk, f"{target.name} {words}")
    return ScheduleDraft(name, target, cron, timezone, task.key if task else "", form, recipients)


def _target(talk: Talk) -> ReportDraft | DashboardDraft:
    options = (
        _present(talk, Entity.REPORT, "report", "A report I have"),
        _present(talk, Entity.DASHBOARD, "dashboard", "A dashboard I have"),
        _creation(talk, Entity.REPORT, "new_report", "A new report"),
        _creation(talk, Entity.DASHBOARD, "new_dashboard", "A new dashboard"),
    )
    text = "What should the schedule be for?"
    wish = talk.choose(Question("schedule.target", text, "choice", options))
    if wish == "new_report":
        return new_report(talk)
    if wish == "new_dashboard":
        return new_dashboard(talk)
    return _existing_target(talk, Entity.REPORT if wish == "report" else Entity.DASHBOARD)


def _present(talk: Talk, entity: Entity, value: str, label: str) -> Option:
    return existing(talk, Option(value, label, icon=ICONS[entity], aliases=(value,)), entity)


def _creation(talk: Talk, entity: Entity, value: str, label: str) -> Option:
    return guarded(talk, Option(value, label, icon="plus"), PERMISSIONS[entity])


def _existing_target(talk: Talk, entity: Entity) -> ReportDraft | DashboardDraft:
    noun = "report" if entity is Entity.REPORT else "dashboard"
    item = pick_one(talk, entity, pick(talk, entity, f"schedule.{noun}", f"Which {noun}?"))
    if isinstance(item, str):
        raise LookupError(item)
    return existing_report(item) if entity is Entity.REPORT else existing_dashboard(item)


def _task(talk: Talk, entity: Entity) -> TaskType | None:
    tasks = {task.key: task for task in talk.catalog.task_types() if entity in task.targets}
    if len(tasks) <= 1:
        return next(iter(tasks.values()), None)
    options = tuple(Option(t.key, t.label, t.description, icon="clock") for t in tasks.values())
    text = "What should happen each time?"
    return tasks[talk.choose(Question("schedule.task", text, "choice", options))]


def _format(talk: Talk, task: TaskType | None) -> str:
    formats = task.formats if task else ()
    if len(formats) <= 1:
        return formats[0][0] if formats else ""
    options = tuple(Option(key, label, aliases=(key,)) for key, label in formats)
    return talk.choose(Question("schedule.format", "In which format?", "choice", options))


def _recipients(talk: Talk, task: TaskType | None) -> tuple[str, ...]:
    if task is None or not task.recipients:
        return ()
    question = Question(
        "schedule.recipients",
        "Who should get it? Please give their e-mail addresses.",
        "text",
        help="Several addresses are separated by commas.",
        max_length=2000,
    )

    def unreadable(value: JsonValue) -> Objection | None:
        wrong = [a for a in addresses(str(value)) if not EMAIL.fullmatch(a)]
        return Objection(f"“{wrong[0]}” is not an e-mail address.") if wrong else None

    return addresses(talk.choose(question, unreadable))


def addresses(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in re.split(r"[,;\s]+", text) if part))


def _name(talk: Talk, proposal: str) -> str:
    free = talk.free_name(Entity.SCHEDULE, proposal)
    question = Question(
        "schedule.name", "What should the schedule be called?", "text", default=free
    )

    def clash(value: JsonValue) -> Objection | None:
        if talk.name_free(Entity.SCHEDULE, str(value)):
            return None
        other = talk.free_name(Entity.SCHEDULE, str(value))
        message = taken(Entity.SCHEDULE, str(value), other)
        return Objection(message, replace(question, default=other))

    name = talk.choose(question, clash)
    talk.take_name(Entity.SCHEDULE, name)
    return name
