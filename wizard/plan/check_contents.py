"""What stands inside structured parameters: queries, charts, widgets, connections, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice

from catalog.charts.spec import ChartSpec
from catalog.query.spec import Aggregate, Filter, Operator, ReportQuery
from wizard.plan.layout import COLUMNS
from wizard.plan.model import (
    Finding,
    ParamValue,
    SecretRef,
    Step,
    WidgetSpec,
    place,
    step_name,
)
from wizard.plan.parameters import Parameter

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)?$|^pwd|secret|token|credential|(api|private|access)_?key", re.I
)
_SECRET_URL = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_ONE = {
    Operator.EQ, Operator.NE, Operator.LT, Operator.LE, Operator.GT, Operator.GE,
    Operator.CONTAINS, Operator.STARTS, Operator.RELATIVE,
}  # fmt: skip
_NONE = {Operator.EMPTY, Operator.NOT_EMPTY}


def check_contents(step: Step, parameter: Parameter, value: ParamValue) -> Iterator[Finding]:
    """Findings for one value that is of its parameter's kind."""
    for code, message, hint, severity in _contents(step, value):
        text = f"{step_name(step.id)}: {message}"
        path = place(step.id, parameter.name)
        yield Finding("parameters", code, text, hint, step.id, path, severity)


# Code, sentence without its "Step n:", hint, severity.
Problem = tuple[str, str, str, str]


def _contents(step: Step, value: ParamValue) -> Iterator[Problem]:
    if isinstance(value, ReportQuery):
        yield from _query(value)
    elif isinstance(value, ChartSpec):
        yield from _chart(value, step.params.get("query"))
    elif isinstance(value, dict):
        yield from _connection(value)
    elif isinstance(value, tuple):
        widgets = [entry for entry in value if isinstance(entry, WidgetSpec)]
        yield from _widgets(widgets)
        if any(isinstance(entry, str) and not entry.strip() for entry in value):
            yield "empty", "an entry of the list is empty.", "Remove it.", "error"


def _query(query: ReportQuery) -> Iterator[Problem]:
    for measure in query.measures:
        if measure.column is None and measure.aggregate is not Aggregate.COUNT:
            message = f"the measure “{measure.aggregate}” names no column."
            yield "missing_column", message, "Only “count” goes without a column.", "error"
    for condition in query.filters:
        yield from _filter(condition)
    keys = field_keys(query)
    named = [("sorted by", sort.by) for sort in query.sort]
    named += [("split by", query.series)] if query.series else []
    for verb, key in named:
        if keys and key not in keys:
            message = f"the query is {verb} “{key}”, which is no field of its result."
            yield "unknown_field", message, f"Its fields are: {', '.join(keys)}.", "error"


def field_keys(query: ReportQuery) -> list[str]:
    """The result's fields: ``d1…``, ``m1…``, ``c1…``; none when all columns are asked for."""
    keys = [f"d{n}" for n in range(1, len(query.dimensions) + 1)]
    keys += [f"m{n}" for n in range(1, len(query.measures) + 1)]
    return [*keys, *(computed.name for computed in query.computed)] if keys else []


def _filter(condition: Filter) -> Iterator[Problem]:
    count, operator = len(condition.values), condition.operator
    if operator in _NONE:
        wanted, right = "no value", count == 0
    elif operator in _ONE:
        wanted, right = "one value", count == 1
    elif operator is Operator.BETWEEN:
        wanted, right = "two values", count == 2
    else:
        wanted, right = "at least one value", count >= 1
    if not right:
        message = f"the filter “{operator}” on “{condition.column}” takes {wanted}, not {count}."
        yield "filter_values", message, "", "error"


def _chart(chart: ChartSpec, query: ParamValue | None) -> Iterator[Problem]:
    keys = field_keys(query) if isinstance(query, ReportQuery) else []
    used = [key for key in (chart.x, *chart.y, chart.series) if key is not None]
    for key in dict.fromkeys(used):
        if keys and key not in keys:
            message = f"the chart draws “{key}”, which is no field of the query's result."
            yield "unknown_field", message, f"Its fields are: {', '.join(keys)}.", "error"


def _connection(fields: Mapping[str, str | SecretRef]) -> Iterator[Problem]:
    for name, value in fields.items():
        if isinstance(value, str) and (_SECRET_NAME.search(name) or _SECRET_URL.search(value)):
            message = f"the connection field “{name}” holds a secret in plain text."
            hint = "Keep the secret with the session and name it: secret=“…”."
            yield "secret_in_plan", message, hint, "error"


def _widgets(widgets: Sequence[WidgetSpec]) -> Iterator[Problem]:
    for number, widget in enumerate(widgets, start=1):
        yield from _widget(number, widget)
    numbered = enumerate(widgets, start=1)
    overlaps = ((m, n) for (m, a), (n, b) in combinations(numbered, 2) if _overlap(a, b))
    for first, second in islice(overlaps, 1):  # one says enough
        message = f"widgets {first} and {second} overlap."
        yield "overlap", message, "They will be moved apart.", "warning"


def _widget(number: int, widget: WidgetSpec) -> Iterator[Problem]:
    if widget.w < 1 or widget.h < 1:
        yield "no_size", f"widget {number} has no size.", "Give at least 1,1.", "error"
    elif widget.x + widget.w > COLUMNS:
        message = f"widget {number} is wider than the dashboard's {COLUMNS} columns."
        yield "too_wide", message, "Move it to the left or make it narrower.", "error"
    if widget.kind == "text":
        if widget.report is not None:
            message = f"widget {number} holds text, so it shows no report."
            yield "unexpected_report", message, "Remove its reportId.", "error"
        if not widget.text.strip():
            yield "missing_text", f"widget {number} has no text.", "Add <text>.", "error"
    elif widget.report is None:
        message = f"widget {number} does not say which report it shows."
        yield "missing_report", message, "Add a reportId.", "error"


def _overlap(a: WidgetSpec, b: WidgetSpec) -> bool:
    beside = a.x + a.w <= b.x or b.x + b.w <= a.x
    stacked = a.y + a.h <= b.y or b.y + b.h <= a.y
    return not (beside or stacked)
