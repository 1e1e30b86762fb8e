"""Taking a step out of a plan that is under review. IDs stay: "Step 3" is still step 3."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wizard.plan.model import Finding, ParamValue, Plan, Ref, Step, WidgetSpec, place, step_name
from wizard.plan.parameters import RULES


@dataclass(frozen=True, slots=True)
class Removal:
    """``plan`` is ``None`` when nothing would be left. ``removed`` holds the IDs of all steps that
    went, the asked one first; ``findings`` say why the others did, and which widgets went."""

    plan: Plan | None
    removed: tuple[str, ...]
    findings: tuple[Finding, ...]


def remove_step(plan: Plan, step_id: str) -> Removal:
    """Remove a step with what cannot do without it. A dashboard loses only the widgets of a
    removed report, unless none is left; an optional reference is left out."""
    if all(step.id != step_id for step in plan.steps):
        message = f"{step_name(step_id)} is not in the plan."
        return Removal(plan, (), (Finding("graph", "unknown_step", message, "", step_id),))
    gone = {step.id: step.output for step in plan.steps if step.id == step_id}
    kept: list[Step] = []
    findings: list[Finding] = []
    for step in plan.steps:
        if step.id in gone:
            continue
        left, finding = _without(step, gone)
        findings += [finding] if finding else []
        if left is None:
            gone[step.id] = step.output
        else:
            kept.append(left)
    if not kept:
        message = "Nothing would be left of the plan."
        hint = "Cancel the plan instead."
        findings.append(Finding("graph", "no_steps", message, hint, step_id))
    return Removal(replace(plan, steps=tuple(kept)) if kept else None, tuple(gone), tuple(findings))


def _without(step: Step, gone: dict[str, str]) -> tuple[Step | None, Finding | None]:
    """The step without its references to outputs that are gone; ``None`` if it needs one."""
    outputs = {output: maker for maker, output in gone.items() if output}
    depends_on = tuple(needed for needed in step.depends_on if needed not in gone)
    lost = _lost(step.target, outputs)
    params: dict[str, ParamValue] = {}
    for name, value in step.params.items():
        left, maker = _strip(value, outputs)
        lost = lost or (maker if left is None else "")
        if left is not None:
            params[name] = left
    changed = replace(step, params=params, depends_on=depends_on)
    if lost and _needs_it(step, params):
        return None, _warning(step, "dependant_removed", _too(step, lost))
    if params != step.params:
        message = f"{step_name(step.id)} goes on without what a removed step would have made."
        return changed, _warning(step, "reference_removed", message)
    return changed, None


def _strip(value: ParamValue, outputs: dict[str, str]) -> tuple[ParamValue | None, str]:
    """What is left of a value, and the step whose output it lost."""
    if isinstance(value, Ref):
        maker = _lost(value, outputs)
        return (None if maker else value), maker
    if not isinstance(value, tuple):
        return value, ""
    widgets = tuple(entry for entry in value if isinstance(entry, WidgetSpec))
    makers = [_lost(widget.report, outputs) for widget in widgets]
    if not any(makers):
        return value, ""
    left = tuple(w for w, maker in zip(widgets, makers, strict=True) if not maker)
    return (left or None), next(maker for maker in makers if maker)


def _lost(value: object, outputs: dict[str, str]) -> str:
    return outputs.get(value.name, "") if isinstance(value, Ref) else ""


def _needs_it(step: Step, left: dict[str, ParamValue]) -> bool:
    """A target, a required parameter, one of a group, or all that a dashboard had to show."""
    rule = RULES.get((step.operation, step.entity))
    lost = set(step.params) - set(left)
    if rule is None or not lost or "layout" in lost:
        return True
    groups = (*rule.exactly_one, *rule.at_least_one)
    emptied = any(lost & set(group) and not set(left) & set(group) for group in groups)
    return emptied or bool(lost & set(rule.required))


def _too(step: Step, maker: str) -> str:
    other = step_name(maker).lower()
    return f"{step_name(step.id)} was removed too: it needs what {other} would have made."


def _warning(step: Step, code: str, message: str) -> Finding:
    return Finding("graph", code, message, "", step.id, place(step.id), "warning")
