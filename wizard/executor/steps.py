"""The rows that say what became of each step, and the live word of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.realtime import publish, publish_now
from wizard.models import StepResult, WizardSession
from wizard.operations import MODELS
from wizard.plan.model import Entity, Plan, Step
from wizard.plan.summary import step_title

Status = StepResult.Status
OPEN = (Status.PENDING, Status.PREPARING, Status.PREPARED, Status.RUNNING)
Names = dict[tuple[Entity, int], str]


def topic(session_id: Any) -> str:
    return f"wizard:{session_id}"


def page(session_id: Any) -> str:
    return reverse("wizard:session", args=[session_id])


def current(session: WizardSession) -> Any:
    """The rows of the session's present plan, in order."""
    return session.steps.filter(plan_sha256=session.plan_sha256)


def write_rows(session: WizardSession, plan: Plan, user: User) -> None:
    """Pending rows for a new plan; those of plans that were never executed go."""
    session.steps.filter(status=Status.PENDING).delete()
    session.steps.filter(plan_sha256=session.plan_sha256).delete()
    names, versions = _targets(plan, user)
    StepResult.objects.bulk_create(
        StepResult(
            session=session,
            plan_sha256=session.plan_sha256,
            step=step.id[:10],
            position=position,
            operation=step.operation.value,
            entity=step.entity.value,
            title=step_title(step, names)[:300],
            version_before=step.expected_version or versions.get(_target(step)),
        )
        for position, step in enumerate(plan.steps)
    )


def reset(session: WizardSession) -> None:
    """Before an execution, also a repeated one: everything is still to be done."""
    current(session).update(
        status=Status.PENDING, error="", needs_attention="", started_at=None, finished_at=None
    )


def mark(session: WizardSession, step: Step, status: Status) -> None:
    """Store and tell; outside of transactions only."""
    changes: dict[str, Any] = {"status": status}
    if status is Status.PREPARING:
        changes["started_at"] = clock.now()
    current(session).filter(step=step.id).update(**changes)
    tell(session.pk, step.id, status)


def tell(session_id: Any, step_id: str, status: Status, **facts: Any) -> None:
    """Tell at once, without the database: it may be locked by the transaction under way."""
    words = str(Status(status).label)
    publish_now(
        topic(session_id),
        "step-changed",
        {"step": step_id, "status": status.value, "label": words, **facts},
    )


def settle(session: WizardSession, failed: str = "", sentence: str = "") -> None:
    """After a failure: what was done is rolled back, the rest was never begun."""
    now = clock.now()
    with transaction.atomic():
        rows = list(current(session))
        positions = {row.step: row.position for row in rows}
        limit = positions.get(failed, -1)
        for row in rows:
            if row.status not in OPEN:
                continue
            row.status, row.error = _settled(row, limit, failed), ""
            if row.step == failed:
                row.error = sentence
            row.finished_at = now if row.status != Status.SKIPPED else None
            row.save(update_fields=["status", "error", "finished_at"])
            publish(
                topic(session.pk),
                "step-changed",
                {"step": row.step, "status": row.status, "label": str(Status(row.status).label)},
            )


def _settled(row: StepResult, limit: int, failed: str) -> Status:
    if row.step == failed:
        return Status.FAILED
    begun = row.status != Status.PENDING and (not failed or row.position < limit)
    return Status.ROLLED_BACK if begun else Status.SKIPPED


def result_of(session: WizardSession, links: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """``{steps: [...], links: [...]}`` from the rows, for the page, the API and the session."""
    return {"steps": [step_json(row) for row in current(session)], "links": links or []}


def step_json(row: StepResult) -> dict[str, Any]:
    item = None
    if row.object_id is not None:
        item = {
            "type": row.entity,
            "id": row.object_id,
            "name": row.object_name,
            "url": row.url,
        }
    duration = row.duration_ms
    return {
        "step": row.step,
        "title": row.title,
        "status": row.status,
        "object": item,
        "ms": None if duration is None else round(duration),
        "error": row.error,
        "needsAttention": row.needs_attention,
    }


def links_of(rows: list[StepResult]) -> list[dict[str, str]]:
    """Where to go now: what was made last, first."""
    words = {
        Entity.DASHBOARD.value: _("View dashboard"),
        Entity.REPORT.value: _("View report"),
        Entity.SCHEDULE.value: _("View schedule"),
        Entity.DATA_SOURCE.value: _("View data source"),
    }
    return [
        {"label": words[row.entity], "name": row.object_name, "url": row.url}
        for row in reversed(rows)
        if row.url and row.entity in words
    ]


def _target(step: Step) -> tuple[Entity, int] | None:
    return (step.entity, step.target) if isinstance(step.target, int) else None


def _targets(plan: Plan, user: User) -> tuple[Names, Mapping[Any, int]]:
    """Names and versions of the items the plan is about."""
    names: Names = {}
    versions: dict[Any, int] = {}
    for entity, model in MODELS.items():
        steps = [step for step in plan.steps if step.entity is entity and _target(step)]
        ids = [step.target for step in steps]
        if not ids:
            continue
        manager: Any = model._default_manager
        rows = manager.visible_to(user) | manager.trash_of(user)
        for pk, name, version in rows.filter(pk__in=ids).values_list("pk", "name", "version"):
            names[entity, pk], versions[entity, pk] = name, version
    return names, versions
