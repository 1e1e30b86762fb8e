"""Layers six to eight of a plan's checks: the database, permissions, the impact of deletes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import explain
from wizard import operations
from wizard.operations import CheckContext
from wizard.plan.model import Finding, Plan
from wizard.plan.validate import validate_document

EXECUTE = "wizard.execute_wizard_plan"
_LAYERS = ("database", "permissions", "impact")


def check_plan(
    plan: Plan, user: User, *, prepared: Mapping[str, Any] | None = None
) -> list[Finding]:
    """Everything to be said of a plan that is well formed, in the order of layers. ``prepared``:
    what a dry run left, by step, which need not be looked for again."""
    ctx = CheckContext(plan, user, prepared or {})
    findings = [finding for step in plan.steps for finding in operations.get(step).check(step, ctx)]
    if not user.has_perm(EXECUTE):
        findings.append(Finding("permissions", "missing_permission", explain(EXECUTE)))
    if plan.requested_by.casefold() != user.email.casefold():
        findings.append(_other_requester(plan, user))
    return sorted(dict.fromkeys(findings), key=lambda finding: _LAYERS.index(finding.layer))


def check_document(raw: bytes, user: User) -> list[Finding]:
    """All eight layers for bytes from outside."""
    plan, findings = validate_document(raw)
    if plan is None:
        return findings
    return [*findings, *check_plan(plan, user)]


def _other_requester(plan: Plan, user: User) -> Finding:
    words = {"other": plan.requested_by, "you": user.email}
    message = _("The plan was made for %(other)s; it would run for %(you)s.") % words
    where = "/TaskPlan/metadata/requestedBy"
    return Finding("permissions", "other_requester", message, "", "", where, "warning")
