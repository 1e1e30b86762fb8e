"""Values of parameters as XML elements. ``wizard.plan.decode`` is the way back.

Defaults are left out, so a plan says what was decided and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from catalog.charts.spec import ChartSpec
from catalog.query.spec import Filter, ReportQuery, Scalar, SqlQuery
from wizard.plan.model import (
    ChartShorthand,
    FileSpec,
    Finding,
    PlanError,
    Ref,
    SecretRef,
    WidgetSpec,
)

# Fields of IntakeOptions with the attribute of <file> that holds each.
FILE_OPTIONS = {
    "header_row": "headerRow",
    "skip_rows": "skipRows",
    "delimiter": "delimiter",
    "encoding": "encoding",
    "decimal": "decimal",
    "day_first": "dayFirst",
}
CHART_FLAGS = {
    "stacked": "stacked",
    "horizontal": "horizontal",
    "log_scale": "logScale",
    "labels": "labels",
    "totals": "totals",
}
CHART_NUMBERS = {"goal": "goal", "top_n": "topN", "decimals": "decimals"}
MAX_DIGITS = 100
SHORTHAND = {"x_axis": "xAxis", "y_axis": "yAxis", "series": "series", "aggregate": "aggregate"}


def encode_value(parent: Element, value: object) -> None:
    """Write ``value`` into the ``<param>`` element ``parent``."""
    match value:
        case Ref():
            parent.set("ref", value.name)
        case bool() | int() | str():
            parent.text = _word(value)
        case FileSpec():
            _file(parent, value)
        case ChartSpec():
            _chart(parent, value)
        case ChartShorthand():
            _shorthand(parent, value)
        case ReportQuery():
            _query(parent, value)
        case SqlQuery():
            _sql(parent, value)
        case tuple():
            _entries(parent, value)
        case dict():
            _connection(parent, value)
        case _:
            raise TypeError(f"no parameter holds a {type(value).__name__}")


def _word(value: bool | int | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str | None) -> Element:
    present = {name: value for name, value in attributes.items() if value is not None}
    child = SubElement(parent, tag, present)
    child.text = text
    return child


def _add_text(parent: Element, tag: str, text: str | None) -> None:
    if text is not None:
        _add(parent, tag, text)


def _scalar(parent: Element, value: Scalar) -> None:
    if isinstance(value, bool):
        _add(parent, "boolean", _word(value))
    elif isinstance(value, int):
        if abs(value) >= 10**MAX_DIGITS:  # str() itself refuses to write very large ones
            raise PlanError([_too_large()])
        _add(parent, "integer", str(value))
    elif isinstance(value, float):
        _add(parent, "decimal", repr(value))
    elif isinstance(value, datetime):
        _add(parent, "datetime", value.isoformat())
    elif isinstance(value, date):
        _add(parent, "date", value.isoformat())
    else:
        _add(parent, "text", value)


def _file(parent: Element, file: FileSpec) -> None:
    options = dict(file.options)
    types: Mapping[str, str] = options.pop("types", None) or {}
    options.pop("version", None)  # the document has a version of its own
    attributes = {
        "name": file.name,
        "uploadId": file.upload_id,
        "sha256": file.sha256,
        "sheet": file.sheet,
    }
    attributes = {name: value for name, value in attributes.items() if value or name == "name"}
    for key in options:
        if key not in FILE_OPTIONS:
            raise PlanError([_unknown_option(key)])
    for key, name in FILE_OPTIONS.items():
        if options.get(key) is not None:
            attributes[name] = _word(options[key])
    element = _add(parent, "file", **attributes)
    for column in sorted(types):
        _add(element, "column", column, type=str(types[column]))


def _unknown_option(key: str) -> Finding:
    known = ", ".join((*FILE_OPTIONS, "types"))
    message = f"A plan cannot say the file option “{key}”."
    return Finding("parameters", "unknown_option", message, f"It can say: {known}.")


def _too_large() -> Finding:
    message = f"A number is too large for a plan: it has more than {MAX_DIGITS} digits."
    return Finding("parameters", "too_large_number", message)


def _connection(parent: Element, fields: Mapping[str, str | SecretRef]) -> None:
    element = _add(parent, "connection")
    for name in sorted(fields):
        value = fields[name]
        if isinstance(value, SecretRef):
            _add(element, "field", name=name, secret=value.name)
        else:
            _add(element, "field", value, name=name)


def _query(parent: Element, query: ReportQuery) -> None:
    limit = None if query.limit is None else str(query.limit)
    element = _add(parent, "query", v=str(query.v), limit=limit)
    _add(element, "table", query.table)
    for join in query.joins:
        child = _add(element, "join", kind=join.kind)
        _add(child, "table", join.table)
        _add(child, "leftColumn", join.left_column)
        _add(child, "rightColumn", join.right_column)
    for dimension in query.dimensions:
        child = _add(element, "dimension", grain=dimension.grain)
        _add(child, "column", dimension.column)
        _add_text(child, "label", dimension.label)
    for measure in query.measures:
        child = _add(element, "measure", aggregate=measure.aggregate)
        _add_text(child, "column", measure.column)
        _add_text(child, "label", measure.label)
    for computed in query.computed:
        child = _add(element, "computed", name=computed.name)
        _add(child, "expression", computed.expression)
        _add_text(child, "label", computed.label)
    for condition in query.filters:
        _filter(element, condition)
    _add_text(element, "series", query.series)
    for sort in query.sort:
        _add(element, "sort", sort.by, direction=sort.direction)


def _filter(parent: Element, condition: Filter) -> None:
    element = _add(parent, "filter", operator=condition.operator)
    _add(element, "column", condition.column)
    for value in condition.values:
        _scalar(element, value)


def _sql(parent: Element, query: SqlQuery) -> None:
    element = _add(parent, "sql", v=str(query.v))
    _add(element, "statement", query.sql)
    for name in sorted(query.parameters):
        child = _add(element, "parameter")
        _add(child, "name", name)
        _scalar(child, query.parameters[name])


def _chart(parent: Element, chart: ChartSpec) -> None:
    given: dict[str, Any] = {
        name: getattr(chart, name)
        for name, field in ChartSpec.model_fields.items()
        if getattr(chart, name) != field.default
    }
    attributes = {"v": str(chart.v), "kind": str(chart.kind)}
    attributes |= {CHART_FLAGS[name]: _word(given[name]) for name in CHART_FLAGS if name in given}
    attributes |= {CHART_NUMBERS[n]: repr(given[n]) for n in CHART_NUMBERS if n in given}
    element = _add(parent, "chart", **attributes)
    if "number_format" in given:
        element.set("numberFormat", chart.number_format)
    if chart.currency is not None:
        element.set("currency", chart.currency)
    _add_text(element, "x", chart.x)
    for key in chart.y:
        _add(element, "y", key)
    _add_text(element, "series", chart.series)
    _add_text(element, "xTitle", chart.x_title or None)
    _add_text(element, "yTitle", chart.y_title or None)


def _shorthand(parent: Element, chart: ChartShorthand) -> None:
    given = {name: getattr(chart, field) for field, name in SHORTHAND.items()}
    present = {name: value for name, value in given.items() if value}
    _add(parent, "chartConfig", type=chart.type, **present)


def _entries(parent: Element, entries: tuple[WidgetSpec | str, ...]) -> None:
    for entry in entries:
        if isinstance(entry, WidgetSpec):
            _widget(parent, entry)
        else:
            _add(parent, "item", entry)


def _widget(parent: Element, widget: WidgetSpec) -> None:
    report = widget.report.name if isinstance(widget.report, Ref) else widget.report
    element = _add(
        parent,
        "widget",
        type=widget.kind,
        reportId=None if report is None else str(report),
        position=f"{widget.x},{widget.y}",
        size=f"{widget.w},{widget.h}",
    )
    _add_text(element, "title", widget.title or None)
    _add_text(element, "text", widget.text or None)
