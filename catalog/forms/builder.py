"""What the report builder's form says, as words and as parts of a query."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.relative import PHRASES
from catalog.query.spec import Aggregate, Computed, Filter, Grain, Operator, ReportQuery

KIND_LABELS = {
    ChartKind.BAR: _("Bar"),
    ChartKind.LINE: _("Line"),
    ChartKind.AREA: _("Area"),
    ChartKind.PIE: _("Pie"),
    ChartKind.SCATTER: _("Scatter"),
    ChartKind.TABLE: _("Table"),
    ChartKind.NUMBER: _("Number"),
}
AGGREGATE_LABELS = {
    Aggregate.SUM: _("Sum of"),
    Aggregate.AVG: _("Average of"),
    Aggregate.MEDIAN: _("Median of"),
    Aggregate.MIN: _("Smallest"),
    Aggregate.MAX: _("Largest"),
    Aggregate.COUNT: _("Count of"),
    Aggregate.COUNT_DISTINCT: _("Distinct count of"),
}
GRAIN_LABELS = {
    Grain.HOUR: _("by hour"),
    Grain.DAY: _("by day"),
    Grain.WEEK: _("by week"),
    Grain.MONTH: _("by month"),
    Grain.QUARTER: _("by quarter"),
    Grain.YEAR: _("by year"),
}
OPERATOR_LABELS = {
    Operator.EQ: _("is"),
    Operator.NE: _("is not"),
    Operator.LT: _("is less than"),
    Operator.LE: _("is at most"),
    Operator.GT: _("is more than"),
    Operator.GE: _("is at least"),
    Operator.IN: _("is one of"),
    Operator.NOT_IN: _("is none of"),
    Operator.BETWEEN: _("is between"),
    Operator.CONTAINS: _("contains"),
    Operator.STARTS: _("starts with"),
    Operator.EMPTY: _("is empty"),
    Operator.NOT_EMPTY: _("is not empty"),
    Operator.RELATIVE: _("is in the period"),
}
SORTS = [
    ("", _("As suits the chart")),
    ("d1 asc", _("By the group, ascending")),
    ("d1 desc", _("By the group, descending")),
    ("m1 desc", _("Largest first")),
    ("m1 asc", _("Smallest first")),
]
LISTS = {Operator.IN, Operator.NOT_IN, Operator.BETWEEN}
BARE = {Operator.EMPTY, Operator.NOT_EMPTY}
CHART_FIELDS = ("kind", "stacked", "horizontal", "labels", "totals", "goal")
_KEY = re.compile(r"\b[dmc][1-9][0-9]*\b")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class ValueRefused(ValueError):
    """``str()`` is a sentence for the person who wrote the value."""


def reachable(
    table: TableInfo, others: Sequence[TableInfo], query: ReportQuery | None
) -> list[ColumnInfo]:
    """The columns a query on ``table`` can speak of, under the names it knows them by."""
    columns = list(table.columns)
    joined = {join.table for join in query.joins} if query else set()
    for other in others:
        if other.name in joined:
            columns += [
                replace(
                    column,
                    name=f"{other.name}.{column.name}",
                    label=f"{other.label}: {column.label}",
                )
                for column in other.columns
            ]
    return columns


def query_initial(query: ReportQuery) -> dict[str, Any]:
    initial: dict[str, Any] = {"limit": query.limit}
    if query.measures:
        names = ("x", "series")
        initial |= {n: d.column for n, d in zip(names, query.dimensions, strict=False)}
        initial["grain"] = next((d.grain.value for d in query.dimensions[:1] if d.grain), "")
    else:
        initial["columns"] = list(dict.fromkeys(item.column for item in query.dimensions))
    initial["sort"] = sort_key(query)
    for row, measure in enumerate(query.measures, 1):
        initial[f"m{row}_aggregate"] = measure.aggregate.value
        initial[f"m{row}_column"] = measure.column or ""
    for row, item in enumerate(query.filters, 1):
        initial[f"f{row}_column"] = item.column
        initial[f"f{row}_operator"] = item.operator.value
        initial[f"f{row}_value"] = written(item)
    return initial


def chart_initial(chart: ChartSpec) -> dict[str, Any]:
    data = chart.model_dump(mode="json")
    return {name: data[name] for name in CHART_FIELDS}


def sort_key(query: ReportQuery) -> str:
    return f"{query.sort[0].by} {query.sort[0].direction}" if query.sort else ""


def sort_choices(query: ReportQuery | None) -> list[tuple[str, Any]]:
    """The usual ways, and the one the query has if it is another."""
    choices: list[tuple[str, Any]] = list(SORTS)
    key = sort_key(query) if query else ""
    if key and key not in dict(SORTS):
        field, direction = key.split(" ")
        words = _("By %s, descending") if direction == "desc" else _("By %s, ascending")
        choices.append((key, words % field))
    return choices


def written(item: Filter) -> str:
    """The filter's values as one writes them in the form; lists like a line of CSV."""
    if item.operator is Operator.RELATIVE:
        return " ".join(str(value).replace("_", " ") for value in item.values)
    texts = [_text(value) for value in item.values]
    if item.operator not in LISTS:
        return texts[0] if texts else ""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    plain = not any("," in text for text in texts)
    return line.getvalue().replace(",", ", ") if plain else line.getvalue()


def read_values(text: str, column: ColumnInfo, operator: Operator) -> tuple[Any, ...]:
    """The values written in ``text``; raises ``ValueRefused``."""
    if operator in BARE:
        return ()
    if not text:
        raise ValueRefused(_("Give the value to compare with."))
    if operator is Operator.RELATIVE:
        return (_phrase(text),)
    try:
        parts = _parts(text) if operator in LISTS else [text]
        return tuple(_typed(part, column) for part in parts)
    except (ValueError, OverflowError, csv.Error):
        raise ValueRefused(
            _("“%(value)s” does not fit %(column)s (%(type)s).")
            % {"value": text, "column": column.label, "type": column.type}
        ) from None


def usable_computed(computed: Sequence[Computed], keys: set[str]) -> tuple[Computed, ...]:
    """Those whose fields are still there."""
    known, kept = set(keys), []
    for item in computed:
        if set(_KEY.findall(item.expression)) <= known:
            known.add(item.name)
            kept.append(item)
    return tuple(kept)


def _phrase(text: str) -> str:
    phrase = re.sub(r"[\s_-]+", "_", text.strip().lower())
    if phrase not in PHRASES:
        known = ", ".join(label.lower() for label in PHRASES.values())
        raise ValueRefused(_("Write one of: %s.") % known)
    return phrase


def _parts(text: str) -> list[str]:
    row = next(csv.reader([text], skipinitialspace=True), [])
    return [part.strip() for part in row if part.strip()]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _typed(text: str, column: ColumnInfo) -> Any:
    match column.type:
        case "integer":
            return int(text)
        case "number":
            return _number(text)
        case "decimal":  # stays as written: a float would change the amount
            _number(text)
            return text
        case "boolean":
            if text.lower() not in _BOOLEANS:
                raise ValueError(text)
            return _BOOLEANS[text.lower()]
        case "date" | "datetime":
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    return text


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
