"""The fifth layer: the parameters of each step against the table, then against each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from catalog.charts.spec import ChartSpec
from wizard.plan.check_contents import check_contents
from wizard.plan.model import (
    ChartShorthand,
    Entity,
    Finding,
    Operation,
    ParamValue,
    Plan,
    Ref,
    Step,
    place,
    step_name,
)
from wizard.plan.parameters import PARAMETERS, RULES, Kind, Parameter, Rule
from wizard.plan.values import check_kind, has_kind
from wizard.plan.words import ENTITY_NOUN, OPERATION_VERB, join_words

# Characters that turn the direction of text around: a name must read as it is.
_DECEIVING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def check_parameters(plan: Plan) -> list[Finding]:
    return [finding for step in plan.steps for finding in check_step(step)]


def check_step(step: Step) -> Iterator[Finding]:
    rule = RULES.get((step.operation, step.entity))
    if rule is None:
        verb, many = OPERATION_VERB[step.operation].lower(), ENTITY_NOUN[step.entity].many
        message = f"{step_name(step.id)}: a plan cannot {verb} {many}."
        yield _finding(step, "wrong_operation", message, "ALL goes with LIST only.")
        return
    yield from _target(step, rule)
    yield from check_kind(step)
    yield from _unknown(step, rule)
    yield from _missing(step, rule)
    for name, value in step.params.items():
        parameter = PARAMETERS.get(name)
        if parameter and name in rule.names and has_kind(parameter, value):
            yield from _limits(step, parameter, value)
            yield from check_contents(step, parameter, value)
    yield from _together(step)


def _finding(step: Step, code: str, message: str, hint: str = "", name: str = "") -> Finding:
    return Finding("parameters", code, message, hint, step.id, place(step.id, name))


def _target(step: Step, rule: Rule) -> Iterator[Finding]:
    noun, name = ENTITY_NOUN[step.entity], step_name(step.id)
    if rule.target and step.target is None:
        message = f"{name} does not say which {noun.one} it is about."
        yield _finding(step, "missing_target", message, 'Add <target id="…"/> before its params.')
    elif step.target is not None and not rule.target:
        verb = OPERATION_VERB[step.operation].lower()
        message = f"{name} would {verb} {noun.a}, so it has no target."
        yield _finding(step, "unexpected_target", message, "Remove its target.")


def _unknown(step: Step, rule: Rule) -> Iterator[Finding]:
    known = f"It takes: {', '.join(rule.names)}." if rule.names else "It takes no parameters."
    for name in step.params:
        if name in PARAMETERS and name not in rule.names:
            message = f"{step_name(step.id)} does not take “{name}” when it is to {_deed(step)}."
            yield _finding(step, "unknown_parameter", message, known, name)


def _deed(step: Step) -> str:
    noun = ENTITY_NOUN[step.entity]
    what = noun.many if step.operation is Operation.LIST else noun.a
    return f"{OPERATION_VERB[step.operation].lower()} {what}"


def _missing(step: Step, rule: Rule) -> Iterator[Finding]:
    for name in rule.required:
        if name not in step.params:
            message = f"{step_name(step.id)} needs “{name}” to {_deed(step)}."
            yield _finding(step, "missing_parameter", message, "", name)
    for group in (*rule.exactly_one, *rule.at_least_one):
        if not _given(step, group):
            words = join_words([f"“{name}”" for name in group], "or")
            message = f"{step_name(step.id)} needs {words} to {_deed(step)}."
            yield _finding(step, "missing_parameter", message)
    for group in (*rule.exactly_one, *rule.at_most_one):
        given = _given(step, group)
        if len(given) > 1:
            words = join_words([f"“{name}”" for name in given])
            message = f"{step_name(step.id)} gives {words}; only one of them is possible."
            yield _finding(step, "too_many_parameters", message)


def _given(step: Step, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in step.params]


def _limits(step: Step, parameter: Parameter, value: ParamValue) -> Iterator[Finding]:
    subject = f"{step_name(step.id)}: “{parameter.name}”"
    if isinstance(value, str):
        yield from _text_limits(step, parameter, value, subject)
    elif isinstance(value, tuple | dict) and len(value) > parameter.max_size:
        message = f"{subject} has {len(value)} entries; at most {parameter.max_size} are possible."
        yield _finding(step, "too_many_entries", message, "", parameter.name)
    elif parameter.kind is Kind.INTEGER and value not in range(1, parameter.max_size + 1):
        message = f"{subject} must be between 1 and {parameter.max_size}."
        yield _finding(step, "out_of_range", message, "", parameter.name)
    if isinstance(value, Ref) and parameter.refers is None:
        message = f"{subject} takes the ID of a {parameter.label}, never a reference."
        yield _finding(step, "wrong_reference", message, "", parameter.name)


def _text_limits(step: Step, parameter: Parameter, text: str, subject: str) -> Iterator[Finding]:
    name = parameter.name
    if len(text) > parameter.max_size:
        message = f"{subject} is too long: {len(text)} characters, at most {parameter.max_size}."
        yield _finding(step, "too_long", message, "", name)
    elif not parameter.blank and not text.strip():
        yield _finding(step, "empty", f"{subject} is empty.", "", name)
    elif name == "name" and _DECEIVING.search(text):
        message = f"{subject} holds a line break or an invisible control character."
        yield _finding(step, "control_character", message, "Type it anew.", name)
    elif parameter.pattern and not re.fullmatch(parameter.pattern, text):
        message = f"{subject} is not of the right form."
        yield _finding(step, "wrong_form", message, f"Give {parameter.form}.", name)


def _together(step: Step) -> Iterator[Finding]:
    name, params = step_name(step.id), step.params
    creates_report = (step.operation, step.entity) == (Operation.CREATE, Entity.REPORT)
    if creates_report and isinstance(params.get("config"), ChartSpec) and "query" not in params:
        message = f"{name} draws a chart, but has no query that gives it figures."
        yield _finding(step, "missing_query", message, "Add a “query”.", "query")
    if isinstance(params.get("config"), ChartShorthand) and "query" in params:
        message = f"{name} gives a query and the short form of a chart, which makes its own query."
        yield _finding(step, "two_queries", message, "Use <chart> beside a query.", "config")
    kinds = {"file": "fileMetadata", "database": "connection"}
    stated = params.get("connectionType")
    if isinstance(stated, str) and stated in kinds:
        other = kinds["database" if stated == "file" else "file"]
        if other in params:
            message = f"{name} has the connection type “{stated}”, but gives “{other}”."
            hint = f"Give “{kinds[stated]}”, or change the connection type."
            yield _finding(step, "contradiction", message, hint, "connectionType")
