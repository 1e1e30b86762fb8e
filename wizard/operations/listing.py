"""LIST: reads, writes nothing. The conversation answers lists at once; an imported plan may hold
one beside its other steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from accounts.permissions import require
from catalog.models import CatalogItem
from wizard.operations.base import Json, StepOperation
from wizard.operations.contexts import MODELS, CheckContext, Made, RunContext, model_of
from wizard.operations.findings import find, permitted
from wizard.plan.model import Entity, Finding, Operation, Step

ROWS = 50


class ListItems(StepOperation):
    operation = Operation.LIST

    def __init__(self, entity: Entity) -> None:
        self.entity = entity  # type: ignore[misc]

    @property
    def _entities(self) -> list[Entity]:
        return list(MODELS) if self.entity is Entity.ALL else [self.entity]

    def check(self, step: Step, ctx: CheckContext) -> Iterator[Finding]:
        for entity in self._entities:
            yield from permitted(step, ctx, _permission(entity))
        for part, entity in (
            ("sourceId", Entity.DATA_SOURCE),
            ("reportId", Entity.REPORT),
            ("dashboardId", Entity.DASHBOARD),
        ):
            if part in step.params:
                yield from find(step, ctx, entity, step.params[part], part)
        if step.output:
            ctx.made[step.output] = Made(self.entity)

    def apply(self, step: Step, run: RunContext) -> CatalogItem | None:
        for entity in self._entities:
            require(run.user, _permission(entity))
        return None

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        found = [row for entity in self._entities for row in self._rows(step, run, entity)]
        return lambda: {"items": found}

    def _rows(self, step: Step, run: RunContext, entity: Entity) -> list[Json]:
        rows = model_of(entity).objects.visible_to(run.user)
        rows = rows.matching(str(step.params.get("filter", "")))
        for part, field in (
            ("projectId", "project_id"),
            ("type", "kind"),
            ("active", "active"),
        ):
            if part in step.params:
                rows = rows.filter(**{field: step.params[part]})
        for part, of in (
            ("sourceId", "source"),
            ("reportId", "report"),
            ("dashboardId", "dashboard"),
        ):
            if part in step.params:
                value = step.params[part]
                pk = value if isinstance(value, int) else run.made[value.name].pk  # type: ignore[union-attr]
                rows = rows.filter(**{f"{of}_id": pk})
        limit = step.params.get("limit", ROWS)
        count = limit if isinstance(limit, int) else ROWS
        return [{"type": entity.value, "id": row.pk, "name": row.name} for row in rows[:count]]


def _permission(entity: Entity) -> str:
    return f"catalog.view_{MODELS[entity]._meta.model_name}"
