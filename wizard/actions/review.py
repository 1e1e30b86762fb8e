"""A plan becomes the one under review: written, checked, stored, tried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.http.problems import Problem
from common.jobs import cancel, submit
from common.jobs.models import Job
from common.realtime import publish
from wizard.checks import check_plan
from wizard.dialogue.transitions import Event, Status, advance
from wizard.executor import steps as rows_of
from wizard.models import WizardSession
from wizard.operations.contexts import model_of
from wizard.plan.build import build, fingerprint
from wizard.plan.model import Entity, Finding, Plan, PlanError, Step
from wizard.plan.validate import has_errors, validate_document

Facts = dict[str, Any]


def open_review(
    session: WizardSession,
    plan: Plan,
    status: Status,
    *,
    raw: bytes | None = None,
    extra: Sequence[Finding] = (),
    facts: Facts | None = None,
) -> WizardSession:
    """Store the plan's bytes and findings and start the dry run; ``status`` is the session's
    while that runs. With an error there is nothing to try out, and the review opens at once."""
    raw, findings = _written(plan, raw)
    findings = [*extra, *findings]
    if raw is not None and not has_errors(findings):
        findings += [each for each in check_plan(plan, session.user) if each not in findings]
    tried = raw is not None and not has_errors(findings)
    if not tried and status is Status.PLANNING:
        status = advance(status, Event.PLANNED)
    changes: Facts = {
        "status": status,
        "plan": raw,
        "plan_sha256": fingerprint(raw) if raw is not None else "",
        "plan_expires_at": clock.now() + timedelta(minutes=settings.WIZARD_PLAN_MINUTES),
        "findings": [asdict(finding) for finding in findings],
        "dry_run": {"status": "running" if tried else "skipped", **(facts or {})},
        "result": {},
        "error": "",
    }
    if not session.title:
        changes["title"] = plan.description[:200]
    with transaction.atomic():
        _store(session, changes)
        rows_of.write_rows(session, plan, session.user)
        _start_dry_run(session, wanted=tried)
    return session


def with_versions(steps: Sequence[Step], user: User) -> tuple[Step, ...]:
    """Every step on an existing item names the version that is reviewed."""
    return tuple(_with_version(step, user) for step in steps)


def _with_version(step: Step, user: User) -> Step:
    known = step.expected_version is not None or step.entity is Entity.ALL
    if known or not isinstance(step.target, int):
        return step
    rows = model_of(step.entity).objects
    found = (rows.visible_to(user) | rows.trash_of(user)).filter(pk=step.target).first()
    return replace(step, expected_version=found.version) if found else step


def _written(plan: Plan, raw: bytes | None) -> tuple[bytes | None, list[Finding]]:
    try:
        raw = raw or build(plan)
    except PlanError as error:
        return None, list(error.findings)
    return raw, validate_document(raw)[1]


def _store(session: WizardSession, changes: Facts) -> None:
    """Only if nobody else changed the session since it was read."""
    rows = WizardSession.objects.filter(
        pk=session.pk, version=session.version, status=session.status
    )
    if not rows.update(**changes, version=F("version") + 1, updated_at=clock.now()):
        raise Problem("CONFLICT", _("This session went on in another window."))
    session.refresh_from_db()
    publish(rows_of.topic(session.pk), "session-changed", {"status": session.status})


def _start_dry_run(session: WizardSession, *, wanted: bool) -> None:
    """At most one job works for a session; an older dry run ends."""
    before, session.job = session.job, None
    if wanted:
        session.job = submit(
            "wizard.dry_run",
            payload={"session_id": str(session.pk), "sha256": session.plan_sha256},
            organization=session.organization,
            user=session.user,
            subject=f"wizard:{session.pk}",
        ).pk
    WizardSession.objects.filter(pk=session.pk).update(job=session.job)
    if before and (job := Job.objects.active().filter(pk=before).first()):
        cancel(job)
