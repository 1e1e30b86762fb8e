"""The first question, and which flow each answer leads to."""

from __future__ import annotations

from pydantic import JsonValue

from wizard.dialogue.complete import complete
from wizard.dialogue.drafts import Draft
from wizard.dialogue.flows.dashboard import new_dashboard
from wizard.dialogue.flows.listing import list_items
from wizard.dialogue.flows.report import new_report
from wizard.dialogue.flows.schedule import new_schedule
from wizard.dialogue.flows.source import new_source
from wizard.dialogue.intents import read_intent
from wizard.dialogue.question import Complete, Option, Question, Reply
from wizard.dialogue.talk import Objection, Talk
from wizard.dialogue.words import ICONS, PERMISSIONS, guarded
from wizard.plan.model import Entity

LATER = {
    "update": "To change something, open its page and choose “Edit”.",
    "delete": "To delete something, open its page and choose “Move to trash”.",
}
OFFER = "I can create reports, dashboards, data sources and schedules, and list what you have."
_CREATE = {
    "create_report": (Entity.REPORT, "Create a report"),
    "create_dashboard": (Entity.DASHBOARD, "Create a dashboard"),
    "create_source": (Entity.DATA_SOURCE, "Create a data source"),
    "create_schedule": (Entity.SCHEDULE, "Create a schedule"),
}


def conversation(talk: Talk) -> Complete | Reply:
    """The whole conversation, from the first question to its end."""
    intent = talk.choose(first_question(talk))
    if intent == "other":
        intent = _understood(talk)
    talk.intent = intent
    if intent == "list":
        return list_items(talk, first_options(talk)[:4])
    entity = _CREATE[intent][0]
    _project(talk)
    return complete(_draft(talk, entity), talk.project)


def first_question(talk: Talk) -> Question:
    text = "What would you like to do?"
    return Question("intent", text, "choice", options=first_options(talk))


def first_options(talk: Talk) -> tuple[Option, ...]:
    creations = tuple(
        guarded(talk, Option(value, label, icon=ICONS[entity]), PERMISSIONS[entity])
        for value, (entity, label) in _CREATE.items()
    )
    return (
        *creations,
        Option("update", "Update an existing item", icon="pencil", disabled=True,
               reason=LATER["update"]),
        Option("delete", "Delete an existing item", icon="trash", disabled=True,
               reason=LATER["delete"]),
        Option("list", "List existing items", icon="list"),
        Option("other", "Something else", "Say it in your own words", icon="message"),
    )  # fmt: skip


def _understood(talk: Talk) -> str:
    """What a sentence of one's own asks for. What is out of scope is declined with what is in."""
    options = {option.value: option for option in first_options(talk)}
    question = Question(
        "other.request",
        "What would you like to do? Please say it in your own words.",
        "text",
        help=OFFER,
        max_length=2000,
    )

    def unclear(value: JsonValue) -> Objection | None:
        option = options.get(read_intent(str(value)))
        if option is None:
            return Objection(f"I’m afraid I can’t help with that. {OFFER}")
        return Objection(option.reason) if option.disabled else None

    return read_intent(talk.choose(question, unclear))


def _project(talk: Talk) -> None:
    """Where it goes; asked only where there is a choice."""
    projects = list(talk.catalog.projects())
    if len(projects) <= 1:
        talk.project = projects[0].id if projects else None
        return
    ordered = sorted(projects, key=lambda project: not project.is_default)
    options = tuple(Option(p.id, p.name, icon="folder") for p in ordered)
    question = Question(
        "project", "Which project should it go in?", "choice", options, default=options[0].value
    )
    talk.project = int(talk.choose(question))


def _draft(talk: Talk, entity: Entity) -> Draft:
    if entity is Entity.DATA_SOURCE:
        return new_source(talk)
    if entity is Entity.REPORT:
        return new_report(talk)
    if entity is Entity.DASHBOARD:
        return new_dashboard(talk)
    return new_schedule(talk)
