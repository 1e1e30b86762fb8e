"""The execution of a confirmed plan: prepare, then apply, exactly once, all or nothing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from common import clock, trace
from common.jobs import JobContext, LeaseLost
from common.realtime import publish
from wizard.dialogue.transitions import Event, Status, advance
from wizard.executor import steps
from wizard.executor.apply import Applied, apply
from wizard.executor.errors import StepFailed
from wizard.executor.loading import check_again, load
from wizard.executor.prepare import prepare
from wizard.models import WizardSession
from wizard.operations import RunContext
from wizard.plan.model import Operation, Step

Json = dict[str, Any]


def execute(ctx: JobContext, session_id: str, sha256: str) -> Json | None:
    """Carry out the plan with this hash. A job delivered twice finds nothing to do."""
    session = WizardSession.objects.filter(
        pk=session_id, job=ctx.job.pk, plan_sha256=sha256, status=Status.EXECUTING
    ).first()
    if session is None:
        return None
    with trace.scope(origin="plan", plan_sha256=sha256):
        try:
            run = load(session)
            check_again(session, run)
            steps.reset(session)
            prepare(ctx, session, run, reviewed=True)
            return _commit(ctx, session, run)
        except StepFailed as failure:
            # The transaction is rolled back by now; the job's end does the rest. Where another
            # worker has taken over meanwhile, the rows are that one's.
            if ctx.renew():
                steps.settle(session, failure.step, failure.message)
            raise


def _commit(ctx: JobContext, session: WizardSession, run: RunContext) -> Json:
    """One transaction, no input or output: the items, the steps, the session, the job."""
    rows = {row.step: row for row in steps.current(session)}
    count = len(run.plan.steps)

    def on_step(step: Step, status: str) -> None:
        place = rows[step.id].position + (status == "succeeded")
        steps.tell(session.pk, step.id, steps.Status(status))
        ctx.progress(done=count + place, total=2 * count)

    with transaction.atomic():
        for applied in apply(run, on_step=on_step):
            _save_row(rows[applied.step.id], applied)
        result = steps.result_of(session, steps.links_of(list(rows.values())))
        _complete(ctx, session, result)
        ctx.finish({"url": steps.page(session.pk), **result})
    return result


def _save_row(row: Any, applied: Applied) -> None:
    item = applied.item
    row.status, row.error = steps.Status.SUCCEEDED, ""
    row.before, row.finished_at = applied.before, applied.finished
    row.started_at = row.started_at or applied.started
    if item is not None:
        row.object_id, row.object_name, row.url = item.pk, item.name, applied.url
        row.version_after = item.version
    if row.operation == Operation.CREATE:
        row.version_before = None
    row.save()


def _complete(ctx: JobContext, session: WizardSession, result: Json) -> None:
    """The files belong to the items from now on."""
    completed = WizardSession.objects.filter(
        pk=session.pk,
        job=ctx.job.pk,
        plan_sha256=session.plan_sha256,
        status=Status.EXECUTING,
    ).update(
        status=advance(Status.EXECUTING, Event.SUCCEED),
        result=result,
        error="",
        prepared={},
        version=F("version") + 1,
        updated_at=clock.now(),
    )
    if not completed:
        raise LeaseLost
    if session.undo_of_id:
        _undone(session.undo_of_id)
    publish(steps.topic(session.pk), "session-changed", {"status": Status.COMPLETED.value})


def _undone(session_id: Any) -> None:
    rows = WizardSession.objects.filter(pk=session_id, status=Status.COMPLETED)
    undone = advance(Status.COMPLETED, Event.UNDO)
    if rows.update(status=undone, version=F("version") + 1, updated_at=clock.now()):
        publish(steps.topic(session_id), "session-changed", {"status": undone.value})
