"""Confirming a reviewed plan: one conditional update decides, whoever asks how often."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import require
from common import clock
from common.http.problems import Problem
from common.jobs import submit
from common.realtime import publish
from wizard.checks import EXECUTE, check_plan
from wizard.dialogue.transitions import Event, IllegalTransition, Status, advance
from wizard.executor import steps
from wizard.executor.errors import PlanRefused
from wizard.executor.loading import reviewed_plan
from wizard.executor.upkeep import expire
from wizard.facts import names_in
from wizard.models import WizardSession
from wizard.plan.model import Entity, Operation, Plan

BEGUN = (Status.EXECUTING, Status.COMPLETED, Status.FAILED, Status.UNDONE)


def confirm(
    *,
    session: WizardSession,
    actor: User,
    fingerprint: str,
    version: int | None = None,
    typed: str = "",
) -> WizardSession:
    """Execute the plan with this fingerprint (all 64 digits of ``plan_sha256``).

    A plan that deletes takes the name of what goes, as ``typed``, too (``name_to_type``).

    Raises ``Problem``: FINGERPRINT_MISMATCH, PLAN_EXPIRED, STALE_PLAN, CONFLICT (``version`` is
    another), VALIDATION_FAILED (a finding is an error), ILLEGAL_TRANSITION. A plan that was
    confirmed already is not executed twice: the session is returned as it stands.
    """
    require(actor, EXECUTE)
    session = _own(session, actor)
    if _begun(session, fingerprint):
        return session
    _check(session, fingerprint, version)
    _check_typed(session, typed)
    _check_fresh(session)
    if _claim(session, actor, fingerprint):
        return session
    session.refresh_from_db()
    if _begun(session, fingerprint):
        return session
    _check(session, fingerprint, version)
    raise Problem("CONFLICT")


def plan_of(session: WizardSession) -> Plan:
    """The plan of the reviewed bytes, or the problem with them."""
    try:
        return reviewed_plan(session)
    except PlanRefused as refused:
        raise Problem(refused.code, refused.message) from None


def name_to_type(plan: Plan, names: dict[tuple[Entity, int], str]) -> str:
    """The name of the first item the plan deletes, ``""`` when it deletes nothing."""
    for step in plan.steps:
        if step.operation is Operation.DELETE and isinstance(step.target, int):
            return names.get((step.entity, step.target), f"ID {step.target}")
    return ""


def guarded(session: WizardSession, event: Event) -> Status:
    """The status after ``event``, or the problem with its name."""
    try:
        return advance(session.status, event)
    except IllegalTransition as error:
        raise Problem("ILLEGAL_TRANSITION", f"{error} ({error.name})") from None


def _own(session: WizardSession, actor: User) -> WizardSession:
    fresh = WizardSession.objects.visible_to(actor).filter(pk=session.pk).first()
    if fresh is None:
        raise Problem("NOT_FOUND")
    return fresh


def _begun(session: WizardSession, fingerprint: str) -> bool:
    return session.status in BEGUN and session.plan_sha256 == fingerprint.lower()


def _check(session: WizardSession, fingerprint: str, version: int | None) -> None:
    if session.status == Status.CONFIRMING and expire(session):
        session.refresh_from_db()
    if session.status == Status.EXPIRED:
        raise Problem("PLAN_EXPIRED")
    if session.status == Status.STALE:
        raise Problem("STALE_PLAN")
    guarded(session, Event.CLAIM)
    if not session.plan_sha256 or session.plan_sha256 != fingerprint.lower():
        raise Problem("FINGERPRINT_MISMATCH")
    if version is not None and session.version != version:
        raise Problem("CONFLICT")
    if session.dry_run.get("status") == "running":
        raise Problem("ILLEGAL_TRANSITION", _("The plan is still being tried out. Wait a moment."))
    errors = [each for each in session.findings if each["severity"] == "error"]
    if errors:
        raise Problem("VALIDATION_FAILED", errors[0]["message"])


def _check_typed(session: WizardSession, typed: str) -> None:
    plan = plan_of(session)
    wanted = name_to_type(plan, names_in(plan, session.user))
    if wanted and " ".join(typed.split()).casefold() != " ".join(wanted.split()).casefold():
        message = _("Type “%(name)s” to confirm that it goes.") % {"name": wanted}
        raise Problem("VALIDATION_FAILED", message, fields={"typed": [message]})


def _check_fresh(session: WizardSession) -> None:
    """What will be changed is as it was reviewed; else the plan is STALE, with the findings."""
    findings = [
        finding for finding in check_plan(plan_of(session), session.user) if finding.code == "stale"
    ]
    if not findings:
        return
    status = advance(Status.CONFIRMING, Event.CHANGE)
    _rows(session).filter(version=session.version).update(
        status=status,
        findings=[*session.findings, *(asdict(finding) for finding in findings)],
        version=F("version") + 1,
        updated_at=clock.now(),
    )
    publish(steps.topic(session.pk), "session-changed", {"status": status.value})
    raise Problem("STALE_PLAN", findings[0].message)


def _claim(session: WizardSession, actor: User, fingerprint: str) -> bool:
    """CONFIRMING → EXECUTING and the job, together or not at all."""
    status = advance(Status.CONFIRMING, Event.CLAIM)
    with transaction.atomic():
        claimed = (
            _rows(session)
            .filter(plan_sha256=fingerprint.lower(), version=session.version)
            .update(
                status=status,
                error="",
                result={},
                version=F("version") + 1,
                updated_at=clock.now(),
            )
        )
        if not claimed:
            return False
        job = submit(
            "wizard.execute",
            payload={"session_id": str(session.pk), "sha256": session.plan_sha256},
            organization=session.organization,
            user=actor,
            subject=f"wizard:{session.pk}",
        )
        WizardSession.objects.filter(pk=session.pk).update(job=job.pk)
        publish(steps.topic(session.pk), "session-changed", {"status": status.value})
    session.refresh_from_db()
    return True


def _rows(session: WizardSession) -> Any:
    return WizardSession.objects.filter(pk=session.pk, status=Status.CONFIRMING)
