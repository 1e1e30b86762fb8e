"""What a modification changed: two plans side by side, by step and parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.connectors.base import TableInfo
from wizard.plan.describe import describe_ref, describe_value
from wizard.plan.model import ParamValue, Plan, Ref, Step, step_name
from wizard.plan.parameters import PARAMETERS, Kind
from wizard.plan.summary import label_of, step_title
from wizard.plan.words import join_words


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter: ``old`` or ``new`` is ``None`` where it is not given on that side."""

    name: str
    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class StepChange:
    step_id: str
    kind: Literal["added", "removed", "changed"]
    title: str
    changes: tuple[Change, ...] = ()


def diff(old: Plan, new: Plan, *, tables: Sequence[TableInfo] = ()) -> list[StepChange]:
    """Only what differs, in the new plan's order; removed steps last. A step that became one of
    another operation or entity counts as removed and added."""
    before = {_identity(step): step for step in old.steps}
    after = {_identity(step): step for step in new.steps}
    found: list[StepChange] = []
    for key, step in after.items():
        if key not in before:
            changes = _changes(None, step, old, new, tables)
            found.append(StepChange(step.id, "added", step_title(step), changes))
        elif changes := _changes(before[key], step, old, new, tables):
            found.append(StepChange(step.id, "changed", step_title(step), changes))
    gone = (step for key, step in before.items() if key not in after)
    return found + [StepChange(step.id, "removed", step_title(step)) for step in gone]


def _identity(step: Step) -> tuple[str, str, str]:
    return step.id, step.operation, step.entity


def _changes(
    old: Step | None, new: Step, old_plan: Plan, new_plan: Plan, tables: Sequence[TableInfo]
) -> tuple[Change, ...]:
    before = dict(_said(old, old_plan, tables)) if old else {}
    after = dict(_said(new, new_plan, tables))
    raw_before, raw_after = _raw(old), _raw(new)
    return tuple(
        _change(name, before.get(name), after.get(name))
        for name in (*_AROUND, *PARAMETERS)
        if repr(raw_before.get(name)) != repr(raw_after.get(name))  # 1, 1.0 and True differ
    )


def _change(name: str, old: str | None, new: str | None) -> Change:
    if old == new:  # words are shorter than what they stand for
        new = f"{new} (changed in a detail)"
    return Change(name, _AROUND.get(name) or label_of(name), old, new)


_AROUND = {"target": "Item", "version": "Version", "dependsOn": "After", "output": "Output"}


def _raw(step: Step | None) -> dict[str, object]:
    if step is None:
        return {}
    around = {
        "target": step.target,
        "version": step.expected_version,
        "dependsOn": step.depends_on or None,
        "output": step.output or None,
    }
    return {**step.params, **around}


def _said(step: Step, plan: Plan, tables: Sequence[TableInfo]) -> Iterator[tuple[str, str]]:
    for name, value in step.params.items():
        yield name, _text(name, value, plan, tables)
    if step.target is not None:
        target = step.target
        yield "target", describe_ref(target, plan) if isinstance(target, Ref) else f"ID {target}"
    if step.expected_version is not None:
        yield "version", str(step.expected_version)
    if step.depends_on:
        yield "dependsOn", join_words([step_name(needed).lower() for needed in step.depends_on])
    if step.output:
        yield "output", step.output


def _text(name: str, value: ParamValue, plan: Plan, tables: Sequence[TableInfo]) -> str:
    parameter = PARAMETERS.get(name)
    if parameter and parameter.kind is Kind.INTEGER:
        return str(value)
    return describe_value(value, plan, tables)
