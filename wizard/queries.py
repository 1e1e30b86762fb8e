"""Read models of the wizard's pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from wizard.dialogue import Status
from wizard.models import WizardSession

GROUPS: dict[str, tuple[str, tuple[Status, ...]]] = {
    "open": (
        "In progress",
        (
            Status.INIT,
            Status.COLLECTING,
            Status.PLANNING,
            Status.CONFIRMING,
            Status.EXECUTING,
            Status.EXPIRED,
            Status.STALE,
        ),
    ),
    "completed": ("Completed", (Status.COMPLETED,)),
    "failed": ("Failed", (Status.FAILED,)),
    "ended": ("Cancelled or undone", (Status.CANCELLED, Status.UNDONE)),
}
UNFINISHED = (Status.COLLECTING, Status.CONFIRMING, Status.EXPIRED, Status.STALE, Status.FAILED)


def sessions_of(user: Any, *, q: str = "", status: str = "") -> QuerySet[WizardSession]:
    """One's own, latest first; never the heavy columns. ``status`` is a group or a status."""
    rows = WizardSession.objects.visible_to(user).defer(
        "answers", "secrets", "plan", "findings", "prepared", "dry_run", "result"
    )
    for word in q.split()[:8]:
        rows = rows.filter(title__icontains=word)
    if status in GROUPS:
        return rows.filter(status__in=GROUPS[status][1])
    return rows.filter(status=status) if status in set(Status) else rows


def unfinished(user: Any) -> QuerySet[WizardSession]:
    """What waits for its user: begun, to be confirmed, or failed."""
    return sessions_of(user).filter(status__in=UNFINISHED)
