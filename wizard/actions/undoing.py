"""Undo of a completed plan: its inverse, reviewed like any other plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import require
from catalog.impact import dependents
from catalog.models import CatalogItem
from common import clock
from common.http.problems import Problem
from wizard.actions.confirmation import guarded, plan_of
from wizard.actions.review import open_review
from wizard.checks import EXECUTE
from wizard.dialogue.transitions import Event, Status
from wizard.executor import steps
from wizard.models import StepResult, WizardSession
from wizard.operations.contexts import MODELS, model_of
from wizard.plan.inverse import StepOutcome, inverse
from wizard.plan.model import Entity, Finding, Operation, place, step_name
from wizard.plan.snapshot import from_data

UNDER_WAY = (Status.CONFIRMING, Status.EXECUTING, Status.STALE, Status.EXPIRED)
_ENTITIES = {model: entity for entity, model in MODELS.items()}
Key = tuple[Entity, int]


def start_undo(session: WizardSession, actor: User) -> WizardSession:
    """A session in CONFIRMING with the inverse plan. What changed since is listed as a conflict
    and left alone. Asked again, the session that is under way is returned."""
    require(actor, EXECUTE)
    if session.user_id != actor.pk:
        raise Problem("NOT_FOUND")
    guarded(session, Event.UNDO)
    under_way = session.undone_by.filter(status__in=UNDER_WAY).first()
    if under_way is not None:
        return under_way
    rows = _undoable_rows(session)
    outcomes, conflicts = _outcomes(rows)
    found = inverse(plan_of(session), outcomes, requested_by=actor.email, generated_at=clock.now())
    if found.plan is None:
        reason = conflicts[0].message if conflicts else _("This plan changed nothing.")
        raise Problem("ILLEGAL_TRANSITION", reason)
    undo = WizardSession.objects.create(
        organization=session.organization,
        user=actor,
        status=Status.PLANNING,
        intent="undo",
        entity=session.entity,
        title=found.plan.description[:200],
        undo_of=session,
    )
    return open_review(undo, found.plan, Status.CONFIRMING, extra=[*conflicts, *found.findings])


def _undoable_rows(session: WizardSession) -> list[StepResult]:
    rows = list(steps.current(session).filter(object_id__isnull=False))
    finished = max((row.finished_at for row in rows if row.finished_at), default=None)
    limit = clock.now() - timedelta(days=settings.TRASH_DAYS)
    if finished is not None and finished < limit:
        words = {"days": settings.TRASH_DAYS}
        raise Problem("ILLEGAL_TRANSITION", _("A plan can be undone for %(days)s days.") % words)
    return rows


def _outcomes(rows: list[StepResult]) -> tuple[dict[str, StepOutcome], list[Finding]]:
    """What each step did, without the items that have changed since."""
    conflicts = _conflicts(rows)
    left = {_key(row) for row in rows if row.step in conflicts}
    outcomes = {}
    for row in rows:
        if _key(row) in left:
            continue
        item = _item(row)
        outcomes[row.step] = StepOutcome(
            object_id=_id(row),
            version=item.version if item else None,
            before=from_data(row.before),
        )
    return outcomes, list(conflicts.values())


def _conflicts(rows: list[StepResult]) -> dict[str, Finding]:
    """By step: changed since, gone, or carrying something that would be lost with it."""
    last = {_key(row): row for row in rows}
    found: dict[str, Finding] = {}
    for row in last.values():
        if reason := _changed(row):
            found[row.step] = _conflict(row, reason)
    going = {_key(row): row for row in last.values() if row.operation in _MAKES}
    while more := _carrying(going, found):
        found.update(more)
    return found


_MAKES = (Operation.CREATE.value, Operation.RESTORE.value)


def _changed(row: StepResult) -> str:
    item = _item(row)
    if item is None:
        return _("it is gone for good")
    if item.is_trashed != (row.operation == Operation.DELETE):
        return _("it was restored") if not item.is_trashed else _("it is in the trash")
    if item.version != row.version_after:
        return _("it was changed since")
    return ""


def _carrying(going: dict[Key, StepResult], found: dict[str, Finding]) -> dict[str, Finding]:
    """Items to delete that something depends on which stays."""
    leaving = {key for key, row in going.items() if row.step not in found}
    more: dict[str, Finding] = {}
    for key in leaving:
        item = _item(going[key])
        for other in dependents(item) if item else ():
            if (_ENTITIES[type(other)], other.pk) not in leaving:
                reason = _("“%(name)s” depends on it") % {"name": other.name}
                more[going[key].step] = _conflict(going[key], reason)
    return more


def _conflict(row: StepResult, reason: str) -> Finding:
    words = {"step": step_name(row.step), "name": row.object_name, "reason": reason}
    message = _("“%(name)s” (%(step)s) is left as it is: %(reason)s.") % words
    return Finding("database", "conflict", message, "", "", place(row.step), "warning")


def _item(row: StepResult) -> CatalogItem | None:
    rows: Any = model_of(Entity(row.entity))._default_manager
    item: CatalogItem | None = rows.filter(pk=row.object_id).first()
    return item


def _id(row: StepResult) -> int:
    assert row.object_id is not None  # noqa: S101  (the rows are filtered)
    return row.object_id


def _key(row: StepResult) -> Key:
    return Entity(row.entity), _id(row)
