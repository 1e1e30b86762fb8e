"""The stored bytes become a run again: hashed, parsed, checked, for the person as of now."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from accounts.models import User
from wizard.checks import check_plan
from wizard.executor import steps
from wizard.executor.errors import PlanRefused, StepFailed
from wizard.models import WizardSession
from wizard.operations import RunContext
from wizard.plan.build import fingerprint
from wizard.plan.model import Finding, Plan, Step
from wizard.plan.validate import validate_document


def requester(session: WizardSession) -> User:
    """The person with the rights of this moment."""
    rows = User.objects.select_related("organization")
    user = rows.filter(
        pk=session.user_id, is_active=True, organization_id=session.organization_id
    ).first()
    if user is None:
        message = _("The person who asked for this plan has no active account here any more.")
        raise PlanRefused(message, code="PERMISSION_DENIED")
    return user


def reviewed_plan(session: WizardSession) -> Plan:
    """Parsed from exactly the bytes that were reviewed, each step on an existing item with the
    version that was reviewed, also where the document does not say it."""
    raw = bytes(session.plan or b"")
    if fingerprint(raw) != session.plan_sha256:
        message = _("The stored plan is not the one that was reviewed. Nothing was done.")
        raise PlanRefused(message, code="FINGERPRINT_MISMATCH")
    plan, findings = validate_document(raw)
    if plan is None:
        raise PlanRefused(findings[0].message, code="VALIDATION_FAILED")
    versions = dict(steps.current(session).values_list("step", "version_before"))
    return replace(plan, steps=tuple(_versioned(step, versions) for step in plan.steps))


def _versioned(step: Step, versions: dict[str, int | None]) -> Step:
    if step.target is None or step.expected_version is not None:
        return step
    return replace(step, expected_version=versions.get(step.id))


def load(session: WizardSession) -> RunContext:
    return RunContext(plan=reviewed_plan(session), user=requester(session))


def check_again(session: WizardSession, run: RunContext) -> None:
    """Permissions, names, columns, versions: what was true at the review may not be now."""
    prepared = {step: entry["data"] for step, entry in session.prepared.items()}
    errors = [
        finding
        for finding in check_plan(run.plan, run.user, prepared=prepared)
        if finding.severity == "error"
    ]
    if errors:
        _refuse(errors)


def _refuse(errors: list[Finding]) -> None:
    """By the first finding; that something changed since is said before all else."""
    first = next((finding for finding in errors if finding.code == "stale"), errors[0])
    codes = {"permissions": "PERMISSION_DENIED", "database": "STALE_PLAN"}
    sentence = f"{first.message} {first.hint}".strip()
    code = codes.get(first.layer, "VALIDATION_FAILED")
    if first.step:
        raise StepFailed(first.step, sentence, code=code)
    raise PlanRefused(sentence, code=code)
