"""Plans of sessions: made, imported, reviewed again, taken apart, confirmed, undone.

make_plan      everything is known: build, check, try out → CONFIRMING
import_plan    the same from a document
renew, retry   the same plan with new bytes and a new fingerprint
remove_step    the plan without one step
confirm        the reviewed bytes, and no others, are executed
start_undo     a session with the plan that undoes a completed one
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from accounts.models import User
from accounts.permissions import require
from common import clock
from common.http.problems import Problem
from wizard.actions.confirmation import confirm, guarded, name_to_type, plan_of
from wizard.actions.review import open_review, with_versions
from wizard.actions.undoing import start_undo
from wizard.checks import check_document
from wizard.dialogue.transitions import Event, Status, advance
from wizard.executor.failure import discard
from wizard.executor.upkeep import expire_sessions
from wizard.models import WizardSession
from wizard.plan.diff import diff
from wizard.plan.edit import remove_step as removed
from wizard.plan.model import Finding, Plan, Step
from wizard.plan.validate import has_errors, validate_document

__all__ = [
    "check_document",
    "confirm",
    "discard",
    "expire_sessions",
    "import_plan",
    "make_plan",
    "name_to_type",
    "remove_step",
    "renew",
    "retry",
    "start_undo",
]

USE = "wizard.use_wizard"


def make_plan(*, session: WizardSession, steps: Sequence[Step], description: str) -> WizardSession:
    """From COLLECTING (or PLANNING) to PLANNING while the dry run runs, then CONFIRMING. A plan
    with errors goes to CONFIRMING at once, with its findings, and cannot be confirmed."""
    status = Status(session.status)
    if status is not Status.PLANNING:
        status = guarded(session, Event.KNOWN)
    plan = Plan(
        steps=with_versions(steps, session.user),
        description=description[:2000],
        requested_by=session.user.email,
        generated_at=clock.now(),
    )
    return open_review(session, plan, status)


def import_plan(*, actor: User, raw: bytes) -> tuple[WizardSession | None, list[Finding]]:
    """A session in CONFIRMING with exactly these bytes; none when a finding is an error."""
    require(actor, USE)
    findings = check_document(raw, actor)
    plan, _pure = validate_document(raw)
    if plan is None or has_errors(findings):
        return None, findings
    assert actor.organization is not None  # noqa: S101  (asked by ``require``)
    session = WizardSession.objects.create(
        organization=actor.organization,
        user=actor,
        title=plan.description[:200],
        intent="import",
        status=Status.PLANNING,
    )
    return open_review(session, plan, Status.CONFIRMING, raw=raw), findings


def renew(session: WizardSession) -> WizardSession:
    """EXPIRED or STALE → CONFIRMING: the same plan against what is there now."""
    return _again(session, Event.RENEW)


def retry(session: WizardSession) -> WizardSession:
    """FAILED → CONFIRMING: checked and tried out again, under a new fingerprint."""
    return _again(session, Event.RETRY)


def remove_step(session: WizardSession, step_id: str) -> WizardSession:
    """Back through COLLECTING to a new plan without the step and what cannot do without it."""
    require(session.user, USE)
    status = advance(guarded(session, Event.MODIFY), Event.KNOWN)
    removal = removed(plan_of(session), step_id)
    if removal.plan is None or not removal.removed:
        raise Problem("VALIDATION_FAILED", removal.findings[0].message)
    plan = replace(removal.plan, generated_at=clock.now(), requested_by=session.user.email)
    return open_review(session, plan, status, extra=removal.findings)


def _again(session: WizardSession, event: Event) -> WizardSession:
    require(session.user, USE)
    status = guarded(session, event)
    old = plan_of(session)
    steps = with_versions(
        [replace(step, expected_version=None) for step in old.steps], session.user
    )
    plan = replace(old, steps=steps, generated_at=clock.now(), requested_by=session.user.email)
    changes = [
        {"step": change.step_id, "kind": change.kind, "title": change.title}
        for change in diff(old, plan)
    ]
    return open_review(session, plan, status, facts={"renewed": changes})
