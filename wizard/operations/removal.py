"""DELETE moves to the trash, RESTORE brings back: the same for every entity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from django.utils.translation import gettext as _

from catalog.actions.trash import restore_item, trash_item
from catalog.impact import Impact, dependents, impact_of
from catalog.models import CatalogItem
from wizard.operations.base import Json, StepOperation
from wizard.operations.contexts import (
    MODELS,
    CheckContext,
    Made,
    Missing,
    RunContext,
    missing_sentence,
    model_of,
)
from wizard.operations.findings import database, find, fresh, impact, permitted
from wizard.plan.model import Entity, Finding, Operation, Ref, Step

_ENTITIES = {model: entity for entity, model in MODELS.items()}


class Delete(StepOperation):
    operation = Operation.DELETE

    def __init__(self, entity: Entity) -> None:
        self.entity = entity  # type: ignore[misc]

    def check(self, step: Step, ctx: CheckContext) -> Iterator[Finding]:
        item = yield from find(step, ctx, self.entity, step.target, "target")
        if not isinstance(item, CatalogItem):
            yield from permitted(step, ctx, self.permission)
            return
        yield from permitted(step, ctx, self.permission, item)
        yield from fresh(step, item)
        yield from self._impact(step, ctx, item)
        for each in (item, *dependents(item)):
            ctx.gone.setdefault((_ENTITIES[type(each)], each.pk), step.id)

    def _impact(self, step: Step, ctx: CheckContext, item: CatalogItem) -> Iterator[Finding]:
        found = impact_of(item, reader=ctx.user)
        if found.total:
            words = {"name": item.name, "what": _listed(found)}
            yield impact(step, "dependents", _("With “%(name)s” go or change: %(what)s.") % words)

    def outlook(self, step: Step, run: RunContext) -> Json:
        found = impact_of(run.find(self.entity, step.target), reader=run.user)
        return {
            "impact": {
                "total": found.total,
                "hidden": found.hidden,
                "more": found.more,
                "dependents": [asdict(dependent) for dependent in found.dependents],
            }
        }

    def apply(self, step: Step, run: RunContext) -> CatalogItem | None:
        item: CatalogItem = run.find(self.entity, step.target)
        trash_item(actor=run.user, item=item)
        item.refresh_from_db()
        return item


class Restore(StepOperation):
    operation = Operation.RESTORE

    def __init__(self, entity: Entity) -> None:
        self.entity = entity  # type: ignore[misc]

    def check(self, step: Step, ctx: CheckContext) -> Iterator[Finding]:
        if isinstance(step.target, Ref):
            message = _("Only what is in the trash can be restored.")
            yield database(step, "not_in_trash", message, "", "target")
            return
        rows = model_of(self.entity).objects
        item = rows.trash_of(ctx.user).filter(pk=step.target).first()
        if item is None:
            live = rows.visible_to(ctx.user).filter(pk=step.target).exists()
            message = (
                _("This item is not in the trash.")
                if live
                else missing_sentence(self.entity, step.target)
            )
            yield database(step, "not_in_trash", message, "", "target")
            yield from permitted(step, ctx, self.permission)
            return
        yield from permitted(step, ctx, self.permission, item)
        yield from fresh(step, item)
        ctx.restored[self.entity, item.pk] = item
        if step.output:
            ctx.made[step.output] = Made(self.entity)

    def apply(self, step: Step, run: RunContext) -> CatalogItem | None:
        rows = model_of(self.entity).objects
        item: CatalogItem | None = (
            rows.trash_of(run.user).filter(pk=step.target).first()
            # An earlier step may have brought it back with what it went with.
            or rows.visible_to(run.user).filter(pk=step.target).first()
        )
        if item is None:
            raise Missing(self.entity, step.target)
        return restore_item(actor=run.user, item=item)


def _listed(found: Impact) -> str:
    """``report “Churn” (trashed), dashboard “KPIs” (loses a widget) and 3 more``."""
    words = [f"{each.type} “{each.name}” ({each.effect})" for each in found.dependents]
    text = ", ".join(words)
    if rest := found.more + found.hidden:
        more = _("%(n)s more") % {"n": rest}
        text = f"{text} {_('and')} {more}" if text else more
    return text
