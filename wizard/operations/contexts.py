"""What a step sees of the world: while it is checked, and while it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from catalog.connectors.base import TableInfo
from catalog.models import CatalogItem, Dashboard, DataSource, Report, Schedule
from common.http.problems import Problem
from wizard.plan.model import Entity, Plan, Ref
from wizard.plan.words import ENTITY_NOUN

MODELS: dict[Entity, type[CatalogItem]] = {
    Entity.DATA_SOURCE: DataSource,
    Entity.REPORT: Report,
    Entity.DASHBOARD: Dashboard,
    Entity.SCHEDULE: Schedule,
}
PAGES: dict[Entity, str] = {
    Entity.DATA_SOURCE: "catalog:source-detail",
    Entity.REPORT: "catalog:report-detail",
    Entity.DASHBOARD: "catalog:dashboard-detail",
    Entity.SCHEDULE: "catalog:schedule-detail",
}


def model_of(entity: Entity) -> Any:
    """The model class; ``Any`` since managers differ."""
    return MODELS[entity]


@dataclass(slots=True)
class Made:
    """What an earlier step makes, as far as later ones need to know. ``tables`` is ``None`` while
    they cannot be said (the file is missing: that is a finding of its own)."""

    entity: Entity
    kind: str = ""
    tables: list[TableInfo] | None = None


@dataclass(slots=True)
class CheckContext:
    """The database as it will be when the plan's earlier steps are done; nothing is written.

    ``prepared`` holds what a dry run left, by step ID; ``names`` those that steps take, ``moved``
    the items whose own names steps give up.
    """

    plan: Plan
    user: User
    prepared: Mapping[str, Any] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    names: set[tuple[Entity, int, str]] = field(default_factory=set)
    gone: dict[tuple[Entity, int], str] = field(default_factory=dict)
    moved: set[tuple[Entity, int]] = field(default_factory=set)
    restored: dict[tuple[Entity, int], CatalogItem] = field(default_factory=dict)
    _items: dict[tuple[Entity, int], CatalogItem | None] = field(default_factory=dict)

    def item(self, entity: Entity, pk: int) -> CatalogItem | None:
        """The live item if the user may see it. Another organisation's does not exist."""
        key = (entity, pk)
        if key in self.restored:
            return self.restored[key]
        if key not in self._items:
            rows = model_of(entity).objects.visible_to(self.user)
            self._items[key] = rows.filter(pk=pk).select_related("project").first()
        return self._items[key]


@dataclass(slots=True)
class RunContext:
    """One run of a plan. ``made`` holds items by output, ``prepared`` JSON by step ID."""

    plan: Plan
    user: User
    prepared: dict[str, Any] = field(default_factory=dict)
    made: dict[str, CatalogItem] = field(default_factory=dict)
    cancelled: Callable[[], Any] | None = None
    on_progress: Callable[[dict[str, Any]], None] | None = None

    def find(self, entity: Entity, value: object) -> Any:
        """The item an ID or a reference means, as the user may see it now."""
        if isinstance(value, Ref):
            return self.made[value.name]
        item = model_of(entity).objects.visible_to(self.user).filter(pk=value).first()
        if item is None:
            raise Missing(entity, value)
        return item


class Missing(Problem):
    """Something a step needs is not there, or not for this user: both read the same."""

    def __init__(self, entity: Entity, value: object) -> None:
        super().__init__("NOT_FOUND", missing_sentence(entity, value))


def missing_sentence(entity: Entity, value: object) -> str:
    return _("There is no %(noun)s with the ID %(id)s.") % {
        "noun": ENTITY_NOUN[entity].one,
        "id": value,
    }
