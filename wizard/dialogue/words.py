"""Questions and words that several flows share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from pydantic import JsonValue

from wizard.dialogue.accept import clean
from wizard.dialogue.catalog import Item
from wizard.dialogue.question import Field, Option, Question
from wizard.dialogue.talk import Objection, Talk
from wizard.plan.model import Entity

SHOWN = 50
NOUNS = {
    Entity.DATA_SOURCE: ("data source", "data sources"),
    Entity.REPORT: ("report", "reports"),
    Entity.DASHBOARD: ("dashboard", "dashboards"),
    Entity.SCHEDULE: ("schedule", "schedules"),
}
ICONS = {
    Entity.DATA_SOURCE: "database",
    Entity.REPORT: "chart-bar",
    Entity.DASHBOARD: "layout-dashboard",
    Entity.SCHEDULE: "clock",
}
PERMISSIONS = {
    Entity.DATA_SOURCE: "catalog.add_datasource",
    Entity.REPORT: "catalog.add_report",
    Entity.DASHBOARD: "catalog.add_dashboard",
    Entity.SCHEDULE: "catalog.add_schedule",
}


def guarded(talk: Talk, option: Option, permission: str) -> Option:
    """The option, disabled with its reason when the user lacks the permission."""
    allowed, reason = talk.catalog.may(permission)
    return option if allowed else replace(option, disabled=True, reason=reason)


def existing(talk: Talk, option: Option, entity: Entity) -> Option:
    """The option, disabled when there is nothing of the kind yet."""
    if option.disabled or talk.items(entity):
        return option
    return replace(option, disabled=True, reason=f"There are no {NOUNS[entity][1]} yet.")


def item_option(item: Item) -> Option:
    facts = (f"ID {item.id}", item.kind, item.project, item.description)
    return Option(
        item.id,
        item.name,
        description=" · ".join(fact for fact in facts if fact),
        icon=ICONS[item.entity],
    )


def pick(talk: Talk, entity: Entity, key: str, text: str, *, multiple: bool = False) -> Question:
    """A searchable question over what exists of an entity."""
    found = talk.items(entity)
    return Question(
        key,
        text,
        "pick",
        options=tuple(item_option(item) for item in found[:SHOWN]),
        entity=entity,
        hidden=max(0, len(found) - SHOWN),
        multiple=multiple,
        maximum=30,
        help="Type a part of the name, or an ID such as #8." if len(found) > 8 else "",
    )


def pick_one(talk: Talk, entity: Entity, question: Question) -> Item | str:
    """The item chosen, or the value of an extra option. Says so when the item has gone."""
    value = _ask_present(talk, entity, question)
    if isinstance(value, str):
        return value
    item = talk.catalog.item(entity, int(str(value)))
    return item if item is not None else str(value)


def pick_many(talk: Talk, entity: Entity, question: Question) -> list[Item]:
    values = _ask_present(talk, entity, question)
    chosen = values if isinstance(values, list) else []
    found = (talk.catalog.item(entity, int(str(pk))) for pk in chosen)
    return [item for item in found if item is not None]


def _ask_present(talk: Talk, entity: Entity, question: Question) -> JsonValue:
    """Ask; an answer that names what is there no more is said to, whatever else it names."""
    noun, said = NOUNS[entity][0], talk.said(question.key)
    stored = talk.answers.get(question.key)
    values = stored.value if stored and not stored.withdrawn else None
    ids = [v for v in (values if isinstance(values, list) else [values]) if type(v) is int]
    gone = [pk for pk in ids if talk.catalog.item(entity, pk) is None]
    if gone:
        question = replace(question, current=[pk for pk in ids if pk not in gone] or None)
        message = f"The {noun} you chose ({said or f'ID {gone[0]}'}) is not there any more."
        talk.object(replace(question, problem=f"{message} Please choose again."))
    return talk.ask(question)


def name_field(talk: Talk, entity: Entity, proposal: str) -> Field:
    return Field("name", "Name", default=talk.free_name(entity, proposal))


def description_field() -> Field:
    return Field("description", "Description", required=False, max_length=2000, multiline=True)


def about(talk: Talk, entity: Entity, key: str, text: str, proposal: str) -> tuple[str, str]:
    """Name and description, with a free name proposed; a clash is said at once."""
    fields = (name_field(talk, entity, proposal), description_field())
    question = Question(key, text, "form", fields=fields, help="“Keep” takes the proposed name.")

    def clash(value: JsonValue) -> Objection | None:
        given = value if isinstance(value, dict) else {}
        name = str(given.get("name", ""))
        if talk.name_free(entity, name):
            return None
        proposed = (name_field(talk, entity, name), fields[1])
        return Objection(
            taken(entity, name, str(proposed[0].default)),
            replace(question, fields=proposed, current=None),
        )

    answer = talk.fill(question, clash)
    name = str(answer["name"])
    talk.take_name(entity, name)
    return name, str(answer["description"])


def taken(entity: Entity, name: str, proposal: str) -> str:
    return f"There is already a {NOUNS[entity][0]} called “{name}”. “{proposal}” is free."


def file_title(name: str) -> str:
    """``sales_q4.xlsx`` → ``Sales q4``: a name a person might have given."""
    stem = PurePath(clean(name)).stem.replace("_", " ").replace("-", " ").strip()
    return (stem[:1].upper() + stem[1:])[:100] or "New data"


def listed(names: Sequence[str], most: int = 8) -> str:
    """``a, b, c and 4 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
