"""The plan that undoes a plan: created → delete, changed → the old values, deleted → restored.

Steps run in reverse order, each after the undoing of what had been built upon it. The inverse is
an ordinary plan: it is reviewed, validated and executed like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from wizard.plan.model import Finding, Operation, ParamValue, Plan, Step, place, step_name
from wizard.plan.parameters import PARAMETERS, RULES, Kind
from wizard.plan.summary import label_of

_UNDOES = {
    Operation.CREATE: Operation.DELETE,
    Operation.RESTORE: Operation.DELETE,
    Operation.DELETE: Operation.RESTORE,
    Operation.UPDATE: Operation.UPDATE,
}


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What a step did: the item, the item's version afterwards, and for a change the values
    before it, by parameter name (``None``: there was none)."""

    object_id: int
    version: int | None = None
    before: Mapping[str, ParamValue | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inverse:
    """``plan`` is ``None`` when there is nothing to undo; ``findings`` say what cannot be."""

    plan: Plan | None
    findings: tuple[Finding, ...]


def inverse(
    plan: Plan,
    outcomes: Mapping[str, StepOutcome],
    *,
    requested_by: str,
    generated_at: datetime,
) -> Inverse:
    """``outcomes`` by step ID; steps without one did nothing and are left out."""
    done = [step for step in plan.steps if step.id in outcomes and step.operation in _UNDOES]
    findings: list[Finding] = []
    undone: list[tuple[Step, Step]] = []
    for step in reversed(done):
        number = len(undone) + 1
        undo = _undo(step, outcomes[step.id], f"step-{number}", findings)
        if undo is not None:
            undone.append((step, undo))
    if not undone:
        return Inverse(None, tuple(findings))
    steps = _ordered(undone)
    description = f"Undo: {plan.description}"[:2000]
    return Inverse(Plan(steps, description, requested_by, generated_at), tuple(findings))


def _undo(step: Step, outcome: StepOutcome, new_id: str, findings: list[Finding]) -> Step | None:
    params: dict[str, ParamValue] = {}
    if step.operation is Operation.UPDATE:
        params = _old_values(step, outcome, findings)
        if not params:
            return None
    return Step(
        id=new_id,
        operation=_UNDOES[step.operation],
        entity=step.entity,
        params=params,
        target=outcome.object_id,
        expected_version=outcome.version,
    )


def _old_values(step: Step, outcome: StepOutcome, findings: list[Finding]) -> dict[str, ParamValue]:
    """The old values of what the step changed, and of what had to give way to it (a schedule
    that went from a dashboard to a report): whatever ``before`` names comes back."""
    params: dict[str, ParamValue] = {}
    for name in dict.fromkeys((*step.params, *outcome.before)):
        old = outcome.before.get(name)
        if old is None and name in outcome.before:
            old = _unset(name)
        if old is not None:
            params[name] = old
    for name in step.params:
        if name not in params and not _replaced(step, name, params):
            findings.append(_unknown_before(step, name))
    return params


def _unset(name: str) -> ParamValue | None:
    """What sets a parameter back to nothing, for those that can be empty."""
    parameter = PARAMETERS.get(name)
    if parameter and parameter.kind in {Kind.LAYOUT, Kind.ITEMS}:
        return ()
    return "" if parameter and parameter.blank else None


def _replaced(step: Step, name: str, params: Mapping[str, ParamValue]) -> bool:
    """Does the old value of another of its group take the place of ``name``?"""
    rule = RULES.get((step.operation, step.entity))
    groups = rule.at_most_one if rule else ()
    return any(name in group and set(group) & set(params) for group in groups)


def _unknown_before(step: Step, name: str) -> Finding:
    message = (
        f"{step_name(step.id)}: “{label_of(name)}” stays as it is, "
        "since there is no earlier value to go back to."
    )
    where = place(step.id, name)
    return Finding("parameters", "no_earlier_value", message, "", step.id, where, "warning")


def _ordered(undone: Sequence[tuple[Step, Step]]) -> tuple[Step, ...]:
    """Undoing A comes after undoing all that depended on A."""
    return tuple(
        replace(
            undo,
            depends_on=tuple(later.id for made, later in undone if step.id in made.depends_on),
        )
        for step, undo in undone
    )
