"""A parameter's value in plain words, for review pages and differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.charts.spec import ChartSpec
from catalog.connectors.base import TableInfo
from catalog.query.describe import describe
from catalog.query.spec import ReportQuery, SqlQuery
from wizard.plan.model import (
    ChartShorthand,
    FileSpec,
    ParamValue,
    Plan,
    Ref,
    SecretRef,
    WidgetSpec,
    step_name,
)
from wizard.plan.words import join_words, quoted, shorten

_OPTIONS = {
    "header_row": "header in row {}",
    "skip_rows": "{} rows skipped",
    "delimiter": "separated by {}",
    "encoding": "encoding {}",
    "decimal": "decimal sign {}",
}
_DELIMITERS = {"\t": "tabs", " ": "blanks", ",": "commas", ";": "semicolons", "|": "bars"}
_FLAGS = {
    "stacked": "stacked",
    "horizontal": "horizontal",
    "log_scale": "logarithmic scale",
    "labels": "with labels",
    "totals": "with totals",
}


def describe_value(
    value: ParamValue, plan: Plan | None = None, tables: Sequence[TableInfo] = ()
) -> str:
    """One line. ``plan`` resolves references to steps; ``tables`` know what people call their
    columns."""
    return shorten(_words(value, plan, tables), 500) or "nothing"


def _words(value: ParamValue, plan: Plan | None, tables: Sequence[TableInfo]) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"ID {value}"
        case str():
            return value
        case Ref():
            return describe_ref(value, plan)
        case FileSpec():
            return _file(value)
        case ChartSpec():
            return _chart(value)
        case ChartShorthand():
            return _shorthand(value)
        case ReportQuery():
            return describe(value, tables)
        case SqlQuery():
            return f"SQL: {value.sql}"
        case tuple():
            return "; ".join(_entry(entry, plan) for entry in value)
        case dict():
            fields = (f"{name} {describe_field(field)}" for name, field in sorted(value.items()))
            return ", ".join(fields)


def describe_ref(ref: Ref, plan: Plan | None) -> str:
    maker = maker_of(ref, plan)
    return f"→ {step_name(maker)}" if maker else f"→ {ref.name}"


def maker_of(ref: Ref, plan: Plan | None) -> str:
    """The ID of the step whose output this is, or nothing."""
    steps = plan.steps if plan else ()
    return next((step.id for step in steps if step.output == ref.name), "")


def describe_field(field: str | SecretRef) -> str:
    return "kept encrypted, not in the plan" if isinstance(field, SecretRef) else quoted(field)


def _file(file: FileSpec) -> str:
    parts = [file.name]
    if file.sheet:
        parts.append(f"sheet {quoted(file.sheet)}")
    for key, phrase in _OPTIONS.items():
        value = file.options.get(key)
        if value is not None and (key, value) != ("skip_rows", 0):
            parts.append(phrase.format(_option(key, value)))
    if file.options.get("header_row") == 0:
        parts[parts.index("header in row 0")] = "no header row"
    if (day_first := file.options.get("day_first")) is not None:
        parts.append("dates start with the day" if day_first else "dates start with the month")
    types: Mapping[str, str] = file.options.get("types") or {}
    parts += [f"{shorten(name, 40)} as {kind}" for name, kind in sorted(types.items())]
    return ", ".join(parts)


def _option(key: str, value: object) -> str:
    if key == "delimiter":
        return _DELIMITERS.get(str(value), f"“{value}”")
    return f"“{value}”" if key == "decimal" else str(value)


def _chart(chart: ChartSpec) -> str:
    parts = [f"{chart.kind.value} chart" if chart.kind not in {"table", "number"} else chart.kind]
    drawn = join_words(list(chart.y))
    parts[0] += f" of {drawn}" if drawn else ""
    parts[0] += f" by {chart.x}" if chart.x else ""
    parts[0] += f", one series for each {chart.series}" if chart.series else ""
    parts += [words for name, words in _FLAGS.items() if getattr(chart, name)]
    if chart.goal is not None:
        parts.append(f"goal {chart.goal:g}")
    if chart.top_n is not None:
        parts.append(f"the first {chart.top_n}")
    if chart.number_format != "auto":
        parts.append(f"numbers as {chart.number_format}")
    if chart.currency:
        parts.append(chart.currency)
    if chart.decimals is not None:
        parts.append(f"{chart.decimals} decimal places")
    titles = [title for title in (chart.x_title, chart.y_title) if title]
    parts += [f"axis title {quoted(title)}" for title in titles]
    return ", ".join(parts)


def _shorthand(chart: ChartShorthand) -> str:
    text = f"{chart.type} chart" if chart.type not in {"table", "number"} else chart.type
    measure = f"{chart.aggregate} of " if chart.aggregate else ""
    text += f" of {measure}{shorten(chart.y_axis)}" if chart.y_axis else ""
    text += f" by {shorten(chart.x_axis)}" if chart.x_axis else ""
    return text + (f", one series for each {shorten(chart.series)}" if chart.series else "")


def _entry(entry: WidgetSpec | str, plan: Plan | None) -> str:
    if isinstance(entry, str):
        return shorten(entry)
    text = entry.kind
    if entry.title or entry.text:
        text += f" {quoted(entry.title or entry.text, 60)}"
    if isinstance(entry.report, Ref):
        text += f" {describe_ref(entry.report, plan)}"
    elif entry.report is not None:
        text += f" of report ID {entry.report}"
    return f"{text} at column {entry.x + 1}, row {entry.y + 1}, {entry.w} × {entry.h}"
