"""Catalog items as the dialogue names them: one query a listing."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.models import User
from catalog.actions.base import same_name
from catalog.models import CatalogItem, Dashboard, DataSource, Report, Schedule
from wizard.dialogue.catalog import Item
from wizard.plan.model import Entity

MOST = 500
MODELS: dict[Entity, tuple[type[CatalogItem], str]] = {
    Entity.DATA_SOURCE: (DataSource, "catalog:source-detail"),
    Entity.REPORT: (Report, "catalog:report-detail"),
    Entity.DASHBOARD: (Dashboard, "catalog:dashboard-detail"),
    Entity.SCHEDULE: (Schedule, "catalog:schedule-detail"),
}


def listed(entity: Entity, user: User, q: str = "") -> list[Item]:
    """What the user may see, latest first; all words of ``q`` in name or description."""
    return [_item(entity, row) for row in _rows(entity, user).matching(q)[:MOST]]


def one(entity: Entity, user: User, pk: int) -> Item | None:
    row = _rows(entity, user).filter(pk=pk).first()
    return _item(entity, row) if row else None


def names(entity: Entity, user: User, ids: set[int]) -> dict[int, str]:
    """ID → name of those that the user may see, in the trash or not."""
    model: Any = MODELS[entity][0]
    seen = dict(model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", "name"))
    if missing := ids - seen.keys():
        seen |= model.objects.trash_of(user).filter(pk__in=missing).values_list("pk", "name")
    return seen


def taken(entity: Entity, user: User, name: str, project: int | None) -> bool:
    """Names are unique among the live items of a project, whatever their case."""
    model: Any = MODELS[entity][0]
    rows = model.objects.live().filter(organization_id=user.organization_id)
    rows = rows if project is None else rows.filter(project_id=project)
    return same_name(rows, name)


def _rows(entity: Entity, user: User) -> Any:
    model: Any = MODELS[entity][0]
    if not user.has_perm(f"catalog.view_{model._meta.model_name}"):
        return model.objects.none()
    return model.objects.visible_to(user).select_related("project")


def _item(entity: Entity, row: Any) -> Item:
    return Item(
        entity=entity,
        id=row.pk,
        name=row.name,
        project=row.project.name,
        kind=_kind(entity, row),
        description=row.description,
        url=reverse(MODELS[entity][1], args=[row.pk]),
        active=row.active if entity is Entity.SCHEDULE else None,
    )


def _kind(entity: Entity, row: Any) -> str:
    if entity is Entity.DATA_SOURCE:
        return str(row.kind)
    if entity is Entity.REPORT:
        return str(row.chart.get("kind", ""))
    return ""
