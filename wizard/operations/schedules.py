"""Schedules: a task on a report or a dashboard, by a cron line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from catalog.actions.schedules import create_schedule, update_schedule
from catalog.models import CatalogItem, Schedule
from catalog.schedules import cron as crons
from catalog.schedules.registry import TASK_TYPES
from common import clock
from wizard.operations.base import Create, Json, Update
from wizard.operations.contexts import CheckContext, Made, RunContext
from wizard.operations.findings import database, find, unsupported
from wizard.plan.model import Entity, Finding, ParamValue, Step

_TARGETS = {"reportId": Entity.REPORT, "dashboardId": Entity.DASHBOARD}
_FIELDS = {"cron": "cron", "timezone": "timezone", "taskType": "task_type", "active": "active"}
NEXT_RUNS = 5


class CreateSchedule(Create):
    entity = Entity.SCHEDULE

    def check_contents(self, step: Step, ctx: CheckContext, made: Made) -> Iterator[Finding]:
        zone = str(step.params.get("timezone", ctx.user.time_zone))
        return _check(step, ctx, str(step.params["cron"]), zone)

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        fields = {"timezone": run.user.time_zone, **_fields(step)}
        return create_schedule(**self.common(step, run), **fields, **_targets(step, run))

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        return _upcoming(item)


class UpdateSchedule(Update):
    entity = Entity.SCHEDULE

    def check_changes(
        self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None
    ) -> Iterator[Finding]:
        known = item if isinstance(item, Schedule) else None
        cron = str(step.params.get("cron", known.cron if known else "0 0 * * *"))
        zone = str(step.params.get("timezone", known.timezone if known else "UTC"))
        return _check(step, ctx, cron, zone)

    def values(self, item: Any) -> dict[str, ParamValue | None]:
        return {
            **super().values(item),
            "reportId": item.report_id,
            "dashboardId": item.dashboard_id,
            **{name: getattr(item, field) for name, field in _FIELDS.items()},
        }

    def touched(self, step: Step) -> set[str]:
        moved = _TARGETS.keys() & step.params.keys()
        return set(step.params) | (set(_TARGETS) if moved else set())

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        schedule = run.find(self.entity, step.target)
        changes = {**self.common(step, run), **_fields(step), **_targets(step, run)}
        return update_schedule(schedule=schedule, **changes)

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        return _upcoming(item)


def _check(step: Step, ctx: CheckContext, cron: str, zone: str) -> Iterator[Finding]:
    yield from unsupported(step, "tags", _("Schedules have no tags."))
    for part in ("recipients", "format"):
        yield from unsupported(step, part, _("This task sends nothing to anybody."))
    for part, entity in _TARGETS.items():
        if part in step.params:
            yield from find(step, ctx, entity, step.params[part], part)
    task = step.params.get("taskType")
    if task is not None and task not in TASK_TYPES:
        message = _("There is no task called “%(name)s”.") % {"name": task}
        hint = _("Use one of: %(names)s.") % {"names": ", ".join(TASK_TYPES)}
        yield database(step, "unknown_task", message, hint, "taskType")
    try:
        crons.check(cron, zone)
    except crons.CronInvalid as error:
        part = "timezone" if "zone" in str(error) else "cron"
        yield database(step, f"invalid_{part}", str(error), "", part)


def _fields(step: Step) -> dict[str, Any]:
    return {field: step.params[name] for name, field in _FIELDS.items() if name in step.params}


def _targets(step: Step, run: RunContext) -> dict[str, Any]:
    return {
        part.removesuffix("Id"): run.find(entity, step.params[part])
        for part, entity in _TARGETS.items()
        if part in step.params
    }


def _upcoming(schedule: Schedule) -> Callable[[], Json]:
    moments = (
        crons.next_runs(schedule.cron, schedule.timezone, clock.now(), NEXT_RUNS)
        if schedule.active
        else []
    )
    facts = {
        "nextRuns": [moment.isoformat() for moment in moments],
        "words": crons.in_words(schedule.cron),
        "timezone": schedule.timezone,
    }
    return lambda: facts
