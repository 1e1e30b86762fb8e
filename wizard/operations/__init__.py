"""What a plan can do, by operation and entity. The executor and the checks know no entity."""

from __future__ import annotations

from wizard.operations.base import StepOperation
from wizard.operations.contexts import MODELS, PAGES, CheckContext, RunContext
from wizard.operations.dashboards import CreateDashboard, UpdateDashboard
from wizard.operations.listing import ListItems
from wizard.operations.removal import Delete, Restore
from wizard.operations.reports import CreateReport, UpdateReport
from wizard.operations.schedules import CreateSchedule, UpdateSchedule
from wizard.operations.sources import CreateSource, UpdateSource
from wizard.plan.model import Entity, Operation, Step

__all__ = [
    "MODELS",
    "PAGES",
    "CheckContext",
    "RunContext",
    "StepOperation",
    "all_keys",
    "find",
    "get",
    "register",
]

_operations: dict[tuple[Operation, Entity], StepOperation] = {}


def register(operation: StepOperation) -> None:
    _operations[operation.operation, operation.entity] = operation


def get(step: Step) -> StepOperation:
    return _operations[step.operation, step.entity]


def find(operation: str, entity: str) -> StepOperation | None:
    """By the names a plan uses; ``None`` for what this version no longer knows."""
    try:
        return _operations.get((Operation(operation), Entity(entity)))
    except ValueError:
        return None


def all_keys() -> set[tuple[Operation, Entity]]:
    return set(_operations)


for _each in (
    CreateSource(), UpdateSource(), CreateReport(), UpdateReport(), CreateDashboard(),
    UpdateDashboard(), CreateSchedule(), UpdateSchedule(),
    *(Delete(entity) for entity in MODELS),
    *(Restore(entity) for entity in MODELS),
    *(ListItems(entity) for entity in (*MODELS, Entity.ALL)),
):  # fmt: skip
    register(_each)
