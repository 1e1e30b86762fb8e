"""Schedules: created, changed, paused, and fired when due."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Project, User
from accounts.permissions import require, require_project
from catalog.actions import base
from catalog.models import Dashboard, Report, Run, Schedule
from catalog.schedules import cron as crons
from catalog.schedules.registry import TASK_TYPES
from common import clock
from common.jobs import submit


def create_schedule(
    *,
    actor: User,
    project: Project,
    name: str,
    cron: str,
    timezone: str,
    report: Report | None = None,
    dashboard: Dashboard | None = None,
    task_type: str = "refresh_report",
    description: str = "",
    active: bool = True,
) -> Schedule:
    """A new schedule on one report or dashboard the actor may see."""
    require(actor, "catalog.add_schedule")
    require_project(actor, project)
    _check_target(actor, report, dashboard)
    _check_when(cron, timezone, task_type)
    schedule = Schedule(
        organization=actor.organization,
        project=project,
        owner=actor,
        name=base.check_name(Schedule, project, name),
        description=description.strip(),
        task_type=task_type,
        report=report,
        dashboard=dashboard,
        cron=" ".join(cron.split()),
        timezone=timezone,
        active=active,
    )
    plan_next(schedule)
    return base.create(schedule, actor=actor)


def update_schedule(
    *, actor: User, schedule: Schedule, expected_version: int | None = None, **changes: Any
) -> Schedule:
    """Change any of name, description, project, cron, timezone, active, report, dashboard."""
    require(actor, "catalog.change_schedule", schedule)
    base.check_move(actor, schedule, changes)
    if {"name", "project"} & changes.keys():
        project = changes.get("project", schedule.project)
        changes["name"] = base.check_name(
            Schedule, project, changes.get("name", schedule.name), keep=schedule.pk
        )
    if {"report", "dashboard"} & changes.keys():
        changes = {"report": None, "dashboard": None} | changes
        _check_target(actor, changes["report"], changes["dashboard"])
    cron = " ".join(changes.get("cron", schedule.cron).split())
    zone = changes.get("timezone", schedule.timezone)
    _check_when(cron, zone, changes.get("task_type", schedule.task_type))
    if "cron" in changes:
        changes["cron"] = cron

    def plan(fresh: Schedule) -> bool:
        # A slot that is due stays due when only the name was changed.
        if {"cron", "timezone", "active"} & {name for name in changes if _differs(name)}:
            plan_next(fresh)
        return False

    def _differs(name: str) -> bool:
        return bool(getattr(schedule, name) != changes[name])

    return base.update(
        schedule, actor=actor, changes=changes, expected_version=expected_version, after=plan
    )


def fire_due() -> int:
    """Start every schedule whose slot has come, once a slot however many call this.

    Slots missed while nothing ran are made up by one run. Returns how many were started.
    """
    due = Schedule.objects.due().select_related("owner", "organization")
    return sum(_fire(schedule) for schedule in due)


def run_now(*, actor: User, schedule: Schedule) -> Run:
    """Start the schedule's task out of turn."""
    require(actor, "catalog.change_schedule", schedule)
    with transaction.atomic():
        return _start(schedule)


def _fire(schedule: Schedule) -> bool:
    due = schedule.next_run_at
    upcoming = crons.next_runs(schedule.cron, schedule.timezone, clock.now(), 1)
    with transaction.atomic():
        live = Schedule.objects.live().filter(pk=schedule.pk, next_run_at=due, active=True)
        claimed = live.update(
            next_run_at=upcoming[0] if upcoming else None, last_run_at=clock.now()
        )
        if claimed:
            _start(schedule, due_at=due)
    return bool(claimed)


def _start(schedule: Schedule, due_at: Any = None) -> Run:
    run = Run.objects.create(
        organization_id=schedule.organization_id, schedule=schedule, due_at=due_at or clock.now()
    )
    job = submit(
        "catalog.run_schedule",
        payload={"run_id": run.pk},
        organization=schedule.organization,
        user=schedule.owner,
        subject=f"schedule:{schedule.pk}",
    )
    Run.objects.filter(pk=run.pk).update(job=job.pk)
    run.job = job.pk
    return run


def plan_next(schedule: Schedule) -> None:
    """Set the next slot from now; none while it is paused. The caller saves."""
    upcoming = crons.next_runs(schedule.cron, schedule.timezone, clock.now(), 1)
    schedule.next_run_at = upcoming[0] if upcoming and schedule.active else None


def _check_when(cron: str, timezone: str, task_type: str) -> None:
    if task_type not in TASK_TYPES:
        raise base.Invalid(task_type=_("There is no task called “%(name)s”.") % {"name": task_type})
    try:
        crons.check(cron, timezone)
    except crons.CronInvalid as error:
        field = "timezone" if "zone" in str(error) else "cron"
        raise base.Invalid(**{field: str(error)}) from None


def _check_target(actor: User, report: Report | None, dashboard: Dashboard | None) -> None:
    if (report is None) == (dashboard is None):
        raise base.Invalid(target=_("Choose one report or one dashboard."))
    target: Any = report or dashboard
    if not type(target).objects.visible_to(actor).filter(pk=target.pk).exists():
        raise base.Invalid(target=_("This item does not exist."))
