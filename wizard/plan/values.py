"""Is a value of the form its parameter asks for? Asked before a plan is written and again when
it is checked, since plans are also made in memory."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.charts.spec import ChartSpec
from catalog.query.spec import ReportQuery, SqlQuery
from wizard.plan.model import (
    ChartShorthand,
    FileSpec,
    Finding,
    Ref,
    SecretRef,
    Step,
    WidgetSpec,
    place,
    step_name,
)
from wizard.plan.parameters import PARAMETERS, Kind, Parameter


def check_kind(step: Step) -> Iterator[Finding]:
    """Unknown parameter names and values of the wrong form."""
    for name, value in step.params.items():
        parameter = PARAMETERS.get(name)
        if parameter is None:
            yield _unknown(step, name)
        elif not has_kind(parameter, value):
            yield wrong_kind(step.id, parameter)
    if step.target is not None and not _is_id(step.target):
        message = f"{step_name(step.id)}: the target takes an ID or a reference."
        yield Finding("parameters", "wrong_type", message, "", step.id, place(step.id, "target"))
    if step.expected_version is not None and step.target is None:
        message = f"{step_name(step.id)} names a version but no item it belongs to."
        yield Finding(
            "parameters", "version_without_target", message, "", step.id, place(step.id, "target")
        )


def has_kind(parameter: Parameter, value: object) -> bool:
    match parameter.kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.INTEGER:
            return _is_whole(value)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.ID:
            return _is_id(value)
        case Kind.FILE:
            return isinstance(value, FileSpec)
        case Kind.QUERY:
            return isinstance(value, ReportQuery | SqlQuery)
        case Kind.CHART:
            return isinstance(value, ChartSpec | ChartShorthand)
        case Kind.LAYOUT:
            return isinstance(value, tuple) and all(isinstance(w, WidgetSpec) for w in value)
        case Kind.ITEMS:
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case Kind.CONNECTION:
            return isinstance(value, dict) and all(
                isinstance(name, str) and isinstance(field, str | SecretRef)
                for name, field in value.items()
            )


def wrong_kind(step_id: str, parameter: Parameter, given: str = "") -> Finding:
    instead = f", not {given}" if given else ""
    message = f"{step_name(step_id)}: “{parameter.name}” takes {parameter.kind}{instead}."
    return Finding("parameters", "wrong_type", message, "", step_id, place(step_id, parameter.name))


def _is_id(value: object) -> bool:
    return isinstance(value, Ref) or (_is_whole(value) and value != 0)


def _is_whole(value: object) -> bool:
    """Up to 18 digits, which fits every database's widest integer."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18


def _unknown(step: Step, name: str) -> Finding:
    message = f"{step_name(step.id)} has a parameter “{name}”, which no plan knows."
    hint = f"Known are: {', '.join(PARAMETERS)}."
    return Finding("parameters", "unknown_parameter", message, hint, step.id, place(step.id, name))
