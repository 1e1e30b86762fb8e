"""A plan in plain words, step by step, for review before anything happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.connectors.base import TableInfo
from wizard.plan.describe import describe_field, describe_value, maker_of
from wizard.plan.model import Entity, Operation, ParamValue, Plan, Ref, Step, refs_of
from wizard.plan.parameters import PARAMETERS, Kind
from wizard.plan.words import ENTITY_NOUN, OPERATION_VERB, quoted

# What an ID is called, where the summary's reader knows it: (entity, ID) → name.
Names = Mapping[tuple[Entity, int], str]


@dataclass(frozen=True, slots=True)
class StepSummary:
    """``details`` are (label, text); ``references`` are (label, ID of the step referred to)."""

    step_id: str
    operation: Operation
    entity: Entity
    title: str
    details: tuple[tuple[str, str], ...]
    references: tuple[tuple[str, str], ...]
    icon: str


def summarise(
    plan: Plan, *, names: Names | None = None, tables: Sequence[TableInfo] = ()
) -> list[StepSummary]:
    """``names`` calls existing items by name, ``tables`` columns by the header people wrote."""
    return [_summary(step, plan, names or {}, tables) for step in plan.steps]


def step_title(step: Step, names: Names | None = None) -> str:
    """``Create data source “Sales Data Q4”``, ``Delete report “Churn” (ID 8)``."""
    noun, verb = ENTITY_NOUN[step.entity], OPERATION_VERB[step.operation]
    if step.operation is Operation.LIST:
        return f"{verb} {noun.many}"
    if isinstance(step.target, int):
        known = (names or {}).get((step.entity, step.target))
        called = f" {quoted(known)} (ID {step.target})" if known else f" ID {step.target}"
        return f"{verb} {noun.one}{called}"
    if isinstance(step.target, Ref):
        return f"{verb} {noun.one} “{step.target.name}”"
    name = step.params.get("name")
    return f"{verb} {noun.one}" + (f" {quoted(name)}" if isinstance(name, str) else "")


def label_of(name: str) -> str:
    """The parameter's word for people, with a capital: ``sourceId`` → ``Data source``."""
    words = PARAMETERS[name].label if name in PARAMETERS else name
    return words[0].upper() + words[1:]


def _summary(step: Step, plan: Plan, names: Names, tables: Sequence[TableInfo]) -> StepSummary:
    details: list[tuple[str, str]] = []
    for name in PARAMETERS:
        titled = name == "name" and step.operation is Operation.CREATE
        if name in step.params and not titled:
            details += _details(name, step.params[name], plan, names, tables)
    references = ((label_of(place), maker_of(ref, plan)) for place, ref in refs_of(step))
    return StepSummary(
        step_id=step.id,
        operation=step.operation,
        entity=step.entity,
        title=step_title(step, names),
        details=tuple(details),
        references=tuple(dict.fromkeys(pair for pair in references if pair[1])),
        icon=ENTITY_NOUN[step.entity].icon,
    )


def _details(
    name: str, value: ParamValue, plan: Plan, names: Names, tables: Sequence[TableInfo]
) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(_words(field), describe_field(value[field])) for field in sorted(value)]
    if isinstance(value, int) and PARAMETERS[name].kind is Kind.INTEGER:
        return [(label_of(name), str(int(value)))]
    refers = PARAMETERS[name].refers
    if isinstance(value, int) and refers and (refers, value) in names:
        return [(label_of(name), f"{quoted(names[refers, value])} (ID {value})")]
    return [(label_of(name), describe_value(value, plan, tables))]


def _words(field: str) -> str:
    words = field.replace("_", " ")
    return words[:1].upper() + words[1:]
