"""What a schedule can do. The lowest app owns the list; others add to it at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from catalog.models import Run

TASK_TYPES: dict[str, TaskType] = {}


@dataclass(frozen=True, slots=True)
class TaskType:
    """``execute(run)`` does the work as the schedule's owner and returns facts for the run."""

    key: str
    label: str | Promise
    execute: Callable[[Run], dict[str, Any]]


def register_task_type(task_type: TaskType) -> None:
    TASK_TYPES[task_type.key] = task_type
