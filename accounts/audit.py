"""The audit trail: one call per deed, inside the transaction of the deed."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.models import AuditEntry, Organization, User
from common import trace


def record(
    action: str,
    *,
    actor: User | None,
    target: models.Model | None = None,
    changes: dict[str, Any] | None = None,
    organization: Organization | None = None,
) -> AuditEntry:
    """Write down that ``actor`` did ``action`` (``report.created``) to ``target``.

    ``changes`` holds ``{field: [old, new]}`` or facts of an export, never a secret. Origin, plan
    and trace come from the current scope (``common.trace``).
    """
    organization_id = (
        organization.pk
        if organization is not None
        else getattr(target, "organization_id", None) or getattr(actor, "organization_id", None)
    )
    return AuditEntry.objects.create(
        organization_id=organization_id,
        actor=actor,
        actor_email=actor.email if actor else "",
        action=action,
        object_type=(target._meta.model_name or "") if target is not None else "",
        object_id=str(target.pk) if target is not None else "",
        object_name=str(target)[:200] if target is not None else "",
        changes=changes or {},
        origin=trace.origin(),
        plan_sha256=trace.plan_sha256(),
        trace_id=trace.trace_id(),
    )
