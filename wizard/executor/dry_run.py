"""The rehearsal: the execution's own code, rolled back, and then a look at what it would make."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from common import clock, trace
from common.jobs import JobCancelled, JobContext, JobFailed
from common.jobs.models import Job
from common.realtime import publish
from wizard.dialogue.transitions import Event, Status, advance
from wizard.executor import steps
from wizard.executor.apply import Applied, apply
from wizard.executor.errors import StepFailed
from wizard.executor.loading import load
from wizard.executor.prepare import prepare
from wizard.models import WizardSession
from wizard.operations import RunContext
from wizard.plan.model import Finding, place, step_name

Json = dict[str, Any]
UNDER_REVIEW = (Status.PLANNING, Status.CONFIRMING)


def dry_run(ctx: JobContext, session_id: str, sha256: str) -> Json | None:
    """Try the plan out; what it finds is stored with the session, which can then be confirmed."""
    session = WizardSession.objects.filter(
        pk=session_id, job=ctx.job.pk, plan_sha256=sha256, status__in=UNDER_REVIEW
    ).first()
    if session is None:
        return None
    with trace.scope(origin="plan", plan_sha256=sha256):
        try:
            run = load(session)
            prepare(ctx, session, run, reviewed=False)
            entries = [_entry(applied) for applied in rehearse(run)]
            outcome, findings = {"status": "done", "steps": entries}, []
        except JobFailed as failure:
            outcome = {"status": "failed", "error": failure.message, "steps": []}
            findings = [_finding(failure)]
    with transaction.atomic():
        if not conclude(session, ctx.job.pk, outcome, findings):
            raise JobCancelled
        ctx.finish({"url": steps.page(session.pk), "status": outcome["status"]})
    return None


def rehearse(run: RunContext) -> list[Applied]:
    """Apply everything and take it back; no row stays."""
    with transaction.atomic():
        applied = apply(run, rehearsal=True)
        transaction.set_rollback(True)
    return applied


def conclude(session: WizardSession, job: Any, outcome: Json, findings: list[Finding]) -> bool:
    """Store the outcome and open the review, unless the session has moved on."""
    rows = WizardSession.objects.filter(pk=session.pk, job=job, status__in=UNDER_REVIEW)
    fresh = rows.select_for_update().first()
    if fresh is None:
        return False
    status = Status(fresh.status)
    if status is Status.PLANNING:
        status = advance(status, Event.PLANNED)
    steps.current(session).update(
        status=steps.Status.PENDING, started_at=None, finished_at=None, error=""
    )
    rows.update(
        status=status,
        dry_run={**fresh.dry_run, **outcome},
        findings=[*fresh.findings, *(asdict(finding) for finding in findings)],
        plan_expires_at=clock.now() + timedelta(minutes=settings.WIZARD_PLAN_MINUTES),
        version=F("version") + 1,
        updated_at=clock.now(),
    )
    publish(steps.topic(session.pk), "session-changed", {"status": status.value})
    return True


def dry_run_failed(job: Job, error: Json) -> None:
    """The job itself broke (workers were killed, somebody cancelled it): the review opens with
    what is known, and the plan cannot be confirmed."""
    session = WizardSession.objects.filter(job=job.pk, status__in=UNDER_REVIEW).first()
    if session is not None:
        outcome = {"status": "failed", "error": error["message"], "steps": []}
        conclude(session, job.pk, outcome, [_finding(JobFailed(error["message"]))])


def _entry(applied: Applied) -> Json:
    step, item = applied.step, applied.item
    return {
        "step": step.id,
        "operation": step.operation.value,
        "entity": step.entity.value,
        "name": item.name if item is not None else "",
        **applied.outlook,
        **(applied.look() if applied.look else {}),
    }


def _finding(failure: JobFailed) -> Finding:
    step = failure.step if isinstance(failure, StepFailed) else ""
    where = f"{step_name(step)}: " if step else ""
    code = "stale" if failure.code == "STALE_PLAN" else "dry_run_failed"
    hint = _("Change the plan, or try again.")
    return Finding(
        "database", code, f"{where}{failure.message}", hint, step, place(step) if step else ""
    )
