"""The fourth layer: do the steps hang together? Order, circles, outputs and their kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wizard.plan.model import (
    OUTPUT_PREFIX,
    Entity,
    Finding,
    Operation,
    Plan,
    Step,
    place,
    refs_of,
    step_name,
)
from wizard.plan.parameters import PARAMETERS, RULES, Parameter
from wizard.plan.words import ENTITY_NOUN, join_words

MAX_STEPS = 50


def check_graph(plan: Plan, estimated_steps: int | None = None) -> list[Finding]:
    """Every finding of the layer. ``estimated_steps`` is what the document announces, if any."""
    findings = list(_counts(plan, estimated_steps))
    doubles = list(_doubles(plan))
    if any(finding.code == "duplicate_step" for finding in doubles):
        return findings + doubles  # who depends on whom cannot be said
    findings += doubles
    for position, step in enumerate(plan.steps):
        findings += _dependencies(plan, position, step)
        findings += _output(step)
        findings += _references(plan, position, step)
    return findings


def _graph(code: str, message: str, hint: str = "", step: str = "", path: str = "") -> Finding:
    path = place(step, path) if step else path
    return Finding("graph", code, message, hint, step, path)


def _counts(plan: Plan, estimated: int | None) -> Iterator[Finding]:
    count = len(plan.steps)
    if not count:
        yield _graph("no_steps", "The plan has no steps.")
    if count > MAX_STEPS:
        yield _graph("too_many_steps", f"The plan has {count} steps; {MAX_STEPS} are allowed.")
    if estimated is not None and estimated != count:
        message = f"The plan announces {estimated} steps, but it has {count}."
        path = "/TaskPlan/metadata/estimatedSteps"
        yield _graph("step_count", message, f"Set estimatedSteps to {count}.", "", path)


def _doubles(plan: Plan) -> Iterator[Finding]:
    for step_id, count in Counter(step.id for step in plan.steps).items():
        if count > 1:
            message = f"Several steps are called “{step_id}”."
            yield _graph("duplicate_step", message, "Give each step its own number.", step_id)
    outputs = Counter(step.output for step in plan.steps if step.output)
    for output, count in outputs.items():
        if count > 1:
            makers = [step for step in plan.steps if step.output == output]
            names = join_words([step_name(step.id).lower() for step in makers])
            message = f"{names.capitalize()} call their outputs the same: “{output}”."
            hint = "Give each output its own number."
            yield _graph("duplicate_output", message, hint, makers[-1].id)


def _dependencies(plan: Plan, position: int, step: Step) -> Iterator[Finding]:
    ids = [other.id for other in plan.steps]
    waits = _waits(plan)
    for needed in dict.fromkeys(step.depends_on):
        name, other = step_name(step.id), step_name(needed).lower()
        if needed not in ids:
            message = f"{name} depends on {other}, which is not in the plan."
            yield _graph("unknown_step", message, "Remove it from dependsOn.", step.id)
        elif needed == step.id:
            yield _graph("cycle", f"{name} depends on itself.", "", step.id)
        elif step.id in _reachable(waits, needed):
            message = f"{name} and {other} wait for each other."
            yield _graph("cycle", message, "Remove one of the two from dependsOn.", step.id)
        elif ids.index(needed) > position:
            message = f"{name} depends on {other}, which comes after it."
            yield _graph("order", message, f"Move {other} before {name.lower()}.", step.id)


def _waits(plan: Plan) -> dict[str, set[str]]:
    waits: dict[str, set[str]] = {}
    for step in plan.steps:
        waits.setdefault(step.id, set()).update(step.depends_on)
    return waits


def _reachable(waits: dict[str, set[str]], start: str) -> set[str]:
    """All steps that ``start`` waits for, directly or through others."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        for needed in waits.get(ahead.pop(), ()):
            if needed not in seen:
                seen.add(needed)
                ahead.append(needed)
    return seen


def _output(step: Step) -> Iterator[Finding]:
    rule = RULES.get((step.operation, step.entity))
    if not step.output or rule is None:  # an impossible step is the next layer's finding
        return
    if not rule.output:
        message = f"{step_name(step.id)} deletes something, so it has no output."
        yield _graph("no_output", message, "Remove its output.", step.id, "output")
        return
    prefix = "list" if step.operation is Operation.LIST else OUTPUT_PREFIX[step.entity]
    if step.output.rpartition("-")[0] != prefix:
        what = "a list" if prefix == "list" else ENTITY_NOUN[step.entity].a
        message = f"{step_name(step.id)} gives {what}, but calls its output “{step.output}”."
        hint = f"Call it {prefix}-1 or another number."
        yield _graph("wrong_output", message, hint, step.id, "output")


def _references(plan: Plan, position: int, step: Step) -> Iterator[Finding]:
    earlier = {other.output: other for other in plan.steps[:position] if other.output}
    waits = _waits(plan)
    for where, ref in dict.fromkeys(refs_of(step)):
        maker = earlier.get(ref.name)
        name = step_name(step.id)
        if maker is None:
            message = f"{name} needs the output “{ref.name}”, which no earlier step makes."
            yield _graph(
                "unknown_output", message, _makers_hint(plan, step, ref.name), step.id, where
            )
            continue
        if maker.id not in step.depends_on and maker.id not in _reachable(waits, step.id):
            other = step_name(maker.id).lower()
            message = f"{name} uses the output “{ref.name}” of {other} without depending on it."
            hint = f'Write dependsOn="{maker.id}".'
            yield _graph("undeclared_dependency", message, hint, step.id, where)
        yield from _reference_kind(step, where, ref.name, maker)


def _makers_hint(plan: Plan, step: Step, output: str) -> str:
    late = next((other for other in plan.steps if other.output == output), None)
    if late is step:
        return "A step cannot use its own output."
    if late:
        return f"{step_name(late.id)} makes it; that step has to come first."
    known = [other.output for other in plan.steps if other.output]
    return f"Outputs of this plan: {', '.join(known)}." if known else "No step has an output."


def _reference_kind(step: Step, where: str, output: str, maker: Step) -> Iterator[Finding]:
    if (maker.operation, maker.entity) not in RULES:
        return
    if where == "target":
        wanted: Entity | None = step.entity
    elif where == "layout":
        wanted = Entity.REPORT
    else:
        parameter: Parameter | None = PARAMETERS.get(where)
        wanted = parameter.refers if parameter else None
    listed = maker.operation is Operation.LIST
    if wanted is maker.entity and not listed:
        return
    given = "a list" if listed else ENTITY_NOUN[maker.entity].a
    asked = ENTITY_NOUN[wanted].a if wanted else "an ID, never a reference"
    message = f"{step_name(step.id)}: “{where}” takes {asked}, but “{output}” is {given}."
    yield _graph("wrong_reference", message, "", step.id, where)
