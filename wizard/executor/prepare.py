"""The slow half: files converted, one step after the other, each kept for what comes next.

What a step prepared stands in ``session.prepared`` as ``{step: {key, operation, entity, data}}``
and belongs to nobody until the plan is applied; ``compensate`` undoes it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common.jobs import JobCancelled, JobContext
from wizard import operations
from wizard.dialogue.transitions import Status as SessionStatus
from wizard.executor import steps
from wizard.executor.errors import StepFailed, failing
from wizard.models import WizardSession
from wizard.operations import RunContext
from wizard.plan.model import Step

Entry = dict[str, Any]
_ALIVE = (SessionStatus.PLANNING, SessionStatus.CONFIRMING, SessionStatus.EXECUTING)


def prepare(ctx: JobContext, session: WizardSession, run: RunContext, *, reviewed: bool) -> None:
    """Fill ``run.prepared``. ``reviewed``: what is prepared anew must be what was reviewed."""
    total = 2 * len(run.plan.steps)
    run.cancelled = ctx.check
    for number, step in enumerate(run.plan.steps):
        ctx.check()
        ctx.progress(done=number, total=total, note=_("Preparing step %(n)s") % {"n": number + 1})
        steps.mark(session, step, steps.Status.PREPARING)
        with failing(step):
            _prepare_step(ctx, session, run, step, reviewed)
        steps.mark(session, step, steps.Status.PREPARED)


def _prepare_step(
    ctx: JobContext, session: WizardSession, run: RunContext, step: Step, reviewed: bool
) -> None:
    operation = operations.get(step)
    kept: Entry | None = session.prepared.get(step.id)
    if reviewed and kept and operation.usable(kept["data"]):
        run.prepared[step.id] = kept["data"]
        return
    key = operation.key(step, run)
    if not key:
        return
    if reviewed and (kept is None or kept["key"] != key):
        message = _("What this step would use is not what was reviewed. Review the plan again.")
        raise StepFailed(step.id, message, code="STALE_PLAN")
    if kept and kept["key"] == key and operation.usable(kept["data"]):
        run.prepared[step.id] = kept["data"]
        return
    data = _checkpointed(ctx, session, run, step, key)
    run.prepared[step.id] = data


def _checkpointed(
    ctx: JobContext, session: WizardSession, run: RunContext, step: Step, key: str
) -> Entry:
    """Prepare once for this job. A run that lost its job in between leaves nothing behind."""
    operation = operations.get(step)
    made: list[Entry] = []

    def work() -> Entry:
        made.append(operation.prepare(step, run))
        return made[0]

    try:
        data: Entry = ctx.step(f"prepare:{step.id}", work)
        if not made and not operation.usable(data):
            data = work()
        _keep(ctx, session, step, {"key": key, "data": data})
    except BaseException:
        for each in made:
            operation.compensate(each)
        raise
    return data


def _keep(ctx: JobContext, session: WizardSession, step: Step, entry: Entry) -> None:
    """Note what belongs to the session, unless it has moved on. What it replaces is undone."""
    entry |= {"operation": step.operation.value, "entity": step.entity.value}
    with transaction.atomic():
        rows = WizardSession.objects.select_for_update()
        fresh = rows.filter(pk=session.pk, job=ctx.job.pk, status__in=_ALIVE).first()
        if fresh is None:
            raise JobCancelled
        replaced = fresh.prepared.get(step.id)
        fresh.prepared[step.id] = entry
        fresh.save(update_fields=["prepared"])
    session.prepared = fresh.prepared
    if replaced and replaced["data"] != entry["data"]:
        undo(replaced)


def undo(entry: Entry) -> None:
    """Take back what one step prepared."""
    found = operations.find(entry["operation"], entry["entity"])
    if found is not None:
        found.compensate(entry["data"])
