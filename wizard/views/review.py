"""A plan as its review, its progress and its result show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import Project, User
from catalog.drawing import Drawn
from wizard import facts
from wizard.actions.plans import name_to_type
from wizard.dialogue import Event, Status, allowed
from wizard.facts import names_in, tables_in
from wizard.models import StepResult, WizardSession
from wizard.operations.look import drawn_look
from wizard.plan.model import Entity, Operation, Plan, PlanError, Step, step_name
from wizard.plan.parse import parse
from wizard.plan.summary import StepSummary, summarise

# What a step's state looks like: its tone and icon.
_LOOKS = {
    StepResult.Status.PENDING: ("", "circle-dashed"),
    StepResult.Status.PREPARING: ("info", "loader-2"),
    StepResult.Status.PREPARED: ("info", "circle-check"),
    StepResult.Status.RUNNING: ("info", "loader-2"),
    StepResult.Status.SUCCEEDED: ("ok", "circle-check"),
    StepResult.Status.FAILED: ("bad", "circle-x"),
    StepResult.Status.ROLLED_BACK: ("warn", "arrow-back-up"),
    StepResult.Status.SKIPPED: ("", "circle-minus"),
}
_PAST = {
    Operation.CREATE: "created",
    Operation.UPDATE: "changed",
    Operation.DELETE: "moved to the trash",
    Operation.RESTORE: "restored",
    Operation.LIST: "listed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    message: str
    hint: str
    severity: str
    step: str

    @property
    def state(self) -> str:
        return "bad" if self.severity == "error" else "warn"


@dataclass(slots=True)
class StepShown:
    """One step of the plan with what the dry run found of it."""

    id: str
    title: str
    icon: str
    details: tuple[tuple[str, str], ...]
    references: list[tuple[str, str]]
    findings: list[Finding]
    changes: list[dict[str, Any]] = field(default_factory=list)
    impact: dict[str, Any] = field(default_factory=dict)
    picture: Drawn | None = None
    next_runs: list[datetime] = field(default_factory=list)
    when: str = ""
    deletes: bool = False

    @property
    def state(self) -> str:
        if any(one.severity == "error" for one in self.findings):
            return "bad"
        return "warn" if self.findings else "ok"


@dataclass(frozen=True, slots=True)
class StepState:
    """One row of progress or result."""

    number: str
    title: str
    row: StepResult
    tone: str
    icon: str

    @property
    def busy(self) -> bool:
        return self.row.status in (StepResult.Status.PREPARING, StepResult.Status.RUNNING)


def context(session: WizardSession, user: User) -> dict[str, Any]:
    """All that a session with a plan (or a list) shows."""
    review = Review(session, user)
    events = allowed(session.status)
    return {
        "review": review,
        "reply": session.result.get("reply"),
        "reviewing": session.status in (Status.CONFIRMING, Status.EXPIRED, Status.STALE),
        "confirming": session.status == Status.CONFIRMING,
        "may_renew": Event.RENEW in events,
        "may_retry": Event.RETRY in events,
        "may_undo": Event.UNDO in events and bool(session.plan),
        "may_execute": user.has_perm("wizard.execute_wizard_plan"),
    }


class Review:
    """Each part is worked out when the page asks for it."""

    def __init__(self, session: WizardSession, user: User) -> None:
        self.session = session
        self.user = user

    @cached_property
    def plan(self) -> Plan | None:
        if not self.session.plan:
            return None
        try:
            return parse(bytes(self.session.plan))
        except PlanError:
            return None

    @cached_property
    def findings(self) -> list[Finding]:
        return [
            Finding(
                one.get("message", ""),
                one.get("hint", ""),
                one.get("severity", "error"),
                one.get("step", ""),
            )
            for one in self.session.findings
        ]

    @property
    def general(self) -> list[Finding]:
        known = {step.id for step in self.plan.steps} if self.plan else set()
        return [one for one in self.findings if one.step not in known]

    @property
    def errors(self) -> bool:
        return any(one.severity == "error" for one in self.findings)

    @property
    def trying(self) -> bool:
        """A renewed or imported plan is shown at once; its dry run is still on its way."""
        return bool(self.session.dry_run.get("status") == "running")

    @property
    def renewed(self) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = self.session.dry_run.get("renewed") or []
        return changes

    @property
    def description(self) -> str:
        return self.plan.description if self.plan else str(self.session)

    @cached_property
    def steps(self) -> list[StepShown]:
        if self.plan is None:
            return []
        plan, names = self.plan, names_in(self.plan, self.user)
        tables = tables_in(self.session, plan, self.user)
        return [
            self._step(step, summarise(plan, names=names, tables=tables.get(step.id, ()))[at])
            for at, step in enumerate(plan.steps)
        ]

    def _step(self, step: Step, summary: StepSummary) -> StepShown:
        found = entry_of(self.session, step.id)
        return StepShown(
            id=step.id,
            title=summary.title,
            icon=summary.icon,
            details=tuple(facts.details(step, summary, found, self.projects)),
            references=facts.references(summary),
            findings=[one for one in self.findings if one.step == step.id],
            changes=found.get("changes") or [],
            impact=found.get("impact") or {},
            picture=drawn_look(found),
            next_runs=[datetime.fromisoformat(one) for one in found.get("nextRuns") or ()],
            when=found.get("words", ""),
            deletes=step.operation is Operation.DELETE,
        )

    @cached_property
    def projects(self) -> dict[int, str]:
        return dict(Project.objects.visible_to(self.user).values_list("pk", "name"))

    @cached_property
    def to_type(self) -> str:
        """The name to type before a plan that deletes can be confirmed."""
        return name_to_type(self.plan, names_in(self.plan, self.user)) if self.plan else ""

    @cached_property
    def rows(self) -> list[StepState]:
        stored = self.session.steps.filter(plan_sha256=self.session.plan_sha256)
        return [_row(row) for row in stored]

    @property
    def done(self) -> int:
        ended = {
            StepResult.Status.SUCCEEDED,
            StepResult.Status.FAILED,
            StepResult.Status.ROLLED_BACK,
            StepResult.Status.SKIPPED,
        }
        return sum(one.row.status in ended for one in self.rows)

    @property
    def failed(self) -> list[StepState]:
        return [one for one in self.rows if one.row.status == StepResult.Status.FAILED]

    @property
    def rolled_back(self) -> list[StepState]:
        return [one for one in self.rows if one.row.status == StepResult.Status.ROLLED_BACK]

    @property
    def attention(self) -> list[str]:
        return [one.row.needs_attention for one in self.rows if one.row.needs_attention]

    @property
    def main(self) -> StepState | None:
        """What the plan was for: the last thing it made that has a page."""
        made = [one for one in self.rows if one.row.url and one.tone == "ok"]
        order = {Entity.DASHBOARD: 0, Entity.REPORT: 1, Entity.SCHEDULE: 2}
        return min(
            reversed(made), key=lambda one: order.get(Entity(one.row.entity), 3), default=None
        )

    @property
    def xml(self) -> str:
        return bytes(self.session.plan or b"").decode("utf-8", "replace")


def entry_of(session: WizardSession, step_id: str) -> dict[str, Any]:
    """What the dry run kept of one step."""
    entries: list[dict[str, Any]] = session.dry_run.get("steps") or []
    return next((one for one in entries if one.get("step") == step_id), {})


def _row(row: StepResult) -> StepState:
    tone, icon = _LOOKS[StepResult.Status(row.status)]
    return StepState(step_name(row.step), _title(row), row, tone, icon)


def _title(row: StepResult) -> str:
    """“data source “Sales” created (ID 5)” once it is, else what is to be done."""
    if row.status != StepResult.Status.SUCCEEDED or row.object_id is None:
        return row.title
    return _("%(noun)s “%(name)s” %(deed)s (ID %(id)s)") % {
        "noun": row.entity.replace("_", " ").lower(),
        "name": row.object_name,
        "deed": _PAST[Operation(row.operation)],
        "id": row.object_id,
    }
