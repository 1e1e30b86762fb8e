"""The short half: every step by the catalog's actions, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import CatalogItem
from common import clock
from wizard import operations
from wizard.executor.errors import StepFailed, failing
from wizard.operations import PAGES, RunContext
from wizard.operations.contexts import model_of
from wizard.plan.model import Entity, Operation, Step


@dataclass(slots=True)
class Applied:
    """One step, done. ``look`` is called after a rehearsal has been rolled back."""

    step: Step
    item: CatalogItem | None
    before: dict[str, str | None]
    started: datetime
    finished: datetime
    outlook: dict[str, Any] = field(default_factory=dict)
    look: Callable[[], dict[str, Any]] | None = None

    @property
    def url(self) -> str:
        if self.item is None or self.step.operation is Operation.DELETE:
            return ""
        return reverse(PAGES[self.step.entity], args=[self.item.pk])


def apply(
    run: RunContext,
    *,
    rehearsal: bool = False,
    on_step: Callable[[Step, str], None] = lambda step, status: None,
) -> list[Applied]:
    """Do all steps, each on the version of its item that was reviewed."""
    if not connection.in_atomic_block:
        raise RuntimeError("A plan is applied within one transaction.")
    _check_versions(run)
    done: list[Applied] = []
    for step in run.plan.steps:
        on_step(step, "running")
        with failing(step):
            done.append(_one(step, run, rehearsal))
        on_step(step, "succeeded")
    return done


def _one(step: Step, run: RunContext, rehearsal: bool) -> Applied:
    operation, started = operations.get(step), clock.now()
    outlook = operation.outlook(step, run) if rehearsal else {}
    before = operation.before(step, run)
    item = operation.apply(step, run)
    if step.output and item is not None:
        run.made[step.output] = item
    look = operation.preview(step, item, run) if rehearsal else None
    return Applied(step, item, before, started, clock.now(), outlook, look)


def _check_versions(run: RunContext) -> None:
    """Lock what will be changed, and make sure that it is what was reviewed."""
    for step in run.plan.steps:
        if not isinstance(step.target, int) or step.entity is Entity.ALL:
            continue
        wanted = step.expected_version
        rows = model_of(step.entity)._default_manager.select_for_update(of=("self",))
        row = rows.filter(pk=step.target, organization_id=run.user.organization_id).first()
        if row is not None and wanted is not None and row.version != wanted:
            message = _("“%(name)s” was changed since the plan was made.") % {"name": row.name}
            raise StepFailed(step.id, message, code="STALE_PLAN")
