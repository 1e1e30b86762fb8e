"""What exists, answered at once: there is no plan to confirm."""

from __future__ import annotations

from wizard.dialogue.catalog import Item
from wizard.dialogue.question import ListedItem, Listing, Option, Question, Reply
from wizard.dialogue.talk import Talk
from wizard.dialogue.words import ICONS, NOUNS, count
from wizard.plan.model import Entity

ORDER = (Entity.REPORT, Entity.DASHBOARD, Entity.DATA_SOURCE, Entity.SCHEDULE)


def list_items(talk: Talk, actions: tuple[Option, ...]) -> Reply:
    chosen = Entity(talk.choose(_question()))
    entities = ORDER if chosen is Entity.ALL else (chosen,)
    found = {entity: talk.items(entity) for entity in entities}
    if chosen is not Entity.ALL:
        found = {chosen: _filtered(talk, chosen, found[chosen])}
    listings = tuple(_listing(entity, items) for entity, items in found.items())
    total = sum(len(items) for items in found.values())
    noun = ("item", "items") if chosen is Entity.ALL else NOUNS[chosen]
    if not total:
        return Reply(f"There are no {noun[1]} to show.", listings, options=actions)
    text = f"Here {'is' if total == 1 else 'are'} {count(total, *noun)}."
    return Reply(text, listings, "Would you like to take any action on these items?", actions)


def _question() -> Question:
    only = tuple(
        Option(
            entity.value,
            f"{NOUNS[entity][1].capitalize()} only",
            icon=ICONS[entity],
            aliases=(*NOUNS[entity],),
        )
        for entity in ORDER
    )
    everything = Option(Entity.ALL.value, "All items", icon="list", aliases=("all", "everything"))
    return Question("list.entity", "What would you like to list?", "choice", (everything, *only))


def _filtered(talk: Talk, entity: Entity, items: list[Item]) -> list[Item]:
    """Ask for a filter where it would tell items apart: the source's type, active or paused."""
    groups: dict[str, str] = {}
    for item in items:
        value, label = _group(entity, item)
        if value:
            groups.setdefault(value, label)
    if len(groups) < 2:
        return items
    options = (
        Option("all", f"All {NOUNS[entity][1]}", aliases=("all", "everything")),
        *(Option(f"only:{value}", label) for value, label in sorted(groups.items())),
    )
    text = "All of them, or only some?"
    chosen = talk.choose(Question("list.filter", text, "choice", options, default="all"))
    return [i for i in items if chosen in ("all", f"only:{_group(entity, i)[0]}")]


def _group(entity: Entity, item: Item) -> tuple[str, str]:
    if entity is Entity.DATA_SOURCE:
        return item.kind, item.kind
    if entity is Entity.SCHEDULE and item.active is not None:
        return ("active", "Active") if item.active else ("paused", "Paused")
    return "", ""


def _listing(entity: Entity, items: list[Item]) -> Listing:
    rows = tuple(ListedItem(i.id, i.name, i.kind, i.project, i.description, i.url) for i in items)
    return Listing(entity, NOUNS[entity][1].capitalize(), rows)
