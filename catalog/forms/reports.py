"""The report builder's form: sentences in, a ``ReportQuery`` and a ``ChartSpec`` out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.forms.items import ItemForm
from catalog.query.relative import PHRASES
from catalog.query.spec import (
    Aggregate,
    Dimension,
    Filter,
    Grain,
    Measure,
    Operator,
    ReportQuery,
    Sort,
)

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
MEASURES, FILTERS = 3, 3
_LISTS = {Operator.IN, Operator.NOT_IN, Operator.BETWEEN}
_BARE = {Operator.EMPTY, Operator.NOT_EMPTY}


class ReportForm(ItemForm):
    """Built for one table. What the form cannot say of an existing query (joins, computed
    columns, labels) is carried over untouched."""

    kind = forms.ChoiceField(
        label=_("Draw as"), choices=[(k.value, v) for k, v in KIND_LABELS.items()]
    )
    x = forms.ChoiceField(label=_("Grouped by"), required=False)
    grain = forms.ChoiceField(
        label=_("Time step"),
        required=False,
        choices=[("", _("as it is")), *[(k.value, v) for k, v in GRAIN_LABELS.items()]],
    )
    series = forms.ChoiceField(label=_("Split by"), required=False)
    columns = forms.MultipleChoiceField(
        label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    sort = forms.ChoiceField(label=_("Sorted"), choices=SORTS, required=False)
    limit = forms.IntegerField(label=_("At most"), min_value=1, max_value=100_000, required=False)
    stacked = forms.BooleanField(label=_("Stacked"), required=False)
    horizontal = forms.BooleanField(label=_("Horizontal"), required=False)
    labels = forms.BooleanField(label=_("Show values"), required=False)
    totals = forms.BooleanField(label=_("Totals"), required=False)
    goal = forms.FloatField(label=_("Goal line"), required=False)

    def __init__(
        self,
        *args: Any,
        table: TableInfo,
        query: ReportQuery | None = None,
        chart: ChartSpec | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.base_query = query
        self.base_chart = chart
        self._by_name = {column.name: column for column in table.columns}
        self.measure_rows = max(MEASURES, len(query.measures) if query else 0)
        self.filter_rows = max(FILTERS, len(query.filters) if query else 0)
        self._add_rows()
        if query is not None:
            self.initial |= _query_initial(query)
        if chart is not None:
            self.initial |= _chart_initial(chart)
        self.spec: tuple[ReportQuery, ChartSpec] | None = None

    def _add_rows(self) -> None:
        columns = [(column.name, column.label) for column in self.table.columns]
        nothing = [("", "—")]
        for name in ("x", "series"):
            self.fields[name].choices = nothing + columns  # type: ignore[attr-defined]
        self.fields["columns"].choices = columns  # type: ignore[attr-defined]
        aggregates = [(k.value, v) for k, v in AGGREGATE_LABELS.items()]
        operators = [(k.value, v) for k, v in OPERATOR_LABELS.items()]
        for row in range(1, self.measure_rows + 1):
            self.fields[f"m{row}_aggregate"] = forms.ChoiceField(
                choices=nothing + aggregates, required=False, label=_("Calculation %s") % row
            )
            self.fields[f"m{row}_column"] = forms.ChoiceField(
                choices=[("", _("rows")), *columns], required=False, label=_("Column %s") % row
            )
        for row in range(1, self.filter_rows + 1):
            self.fields[f"f{row}_column"] = forms.ChoiceField(
                choices=nothing + columns, required=False, label=_("Filter %s") % row
            )
            self.fields[f"f{row}_operator"] = forms.ChoiceField(
                choices=operators, required=False, label=_("Condition %s") % row
            )
            self.fields[f"f{row}_value"] = forms.CharField(
                max_length=500, required=False, label=_("Value %s") % row
            )

    def measure_fields(self) -> list[tuple[Any, Any]]:
        rows = range(1, self.measure_rows + 1)
        return [(self[f"m{row}_aggregate"], self[f"m{row}_column"]) for row in rows]

    def filter_fields(self) -> list[tuple[Any, Any, Any]]:
        rows = range(1, self.filter_rows + 1)
        return [
            (self[f"f{row}_column"], self[f"f{row}_operator"], self[f"f{row}_value"])
            for row in rows
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if any(name in self.errors for name in self.fields if name not in ("name", "project")):
            return data
        try:
            query = self._query(data)
            self.spec = query, self._chart(data, query)
        except ValidationError as error:
            first = error.errors()[0]
            self.add_error(None, f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}")
        return data

    def _query(self, data: dict[str, Any]) -> ReportQuery:
        measures = self._measures(data)
        dimensions = self._dimensions(data, bool(measures))
        fields: dict[str, Any] = {
            "table": self.table.name,
            "dimensions": dimensions,
            "measures": measures,
            "filters": self._filters(data),
            "series": "d2" if measures and len(dimensions) > 1 else None,
            "sort": self._sort(data, dimensions, measures),
            "limit": data.get("limit"),
        }
        if self.base_query is None:
            return ReportQuery(**fields)
        return ReportQuery(**{**self.base_query.model_dump(), **fields})

    def _dimensions(self, data: dict[str, Any], grouped: bool) -> tuple[Dimension, ...]:
        if not grouped:
            names = data.get("columns") or [name for name in (data.get("x"),) if name]
            return tuple(Dimension(column=name) for name in names)
        names = [name for name in (data.get("x"), data.get("series")) if name]
        grain = Grain(data["grain"]) if data.get("grain") else None
        return tuple(
            Dimension(
                column=name,
                grain=grain if self._is_time(name) and position == 0 else None,
                label=self._old_label("dimensions", name),
            )
            for position, name in enumerate(dict.fromkeys(names))
        )

    def _measures(self, data: dict[str, Any]) -> tuple[Measure, ...]:
        measures = []
        for row in range(1, self.measure_rows + 1):
            if not (aggregate := data.get(f"m{row}_aggregate")):
                continue
            column = data.get(f"m{row}_column") or None
            if column is None and aggregate != Aggregate.COUNT:
                self.add_error(f"m{row}_column", _("Choose the column to calculate with."))
                continue
            measures.append(Measure(aggregate=Aggregate(aggregate), column=column))
        return tuple(measures)

    def _filters(self, data: dict[str, Any]) -> tuple[Filter, ...]:
        filters = []
        for row in range(1, self.filter_rows + 1):
            if not (column := data.get(f"f{row}_column")):
                continue
            operator = Operator(data.get(f"f{row}_operator") or Operator.EQ)
            values = self._values(row, self._by_name[column], operator, data)
            if values is not None:
                filters.append(Filter(column=column, operator=operator, values=values))
        return tuple(filters)

    def _values(
        self, row: int, column: ColumnInfo, operator: Operator, data: dict[str, Any]
    ) -> tuple[Any, ...] | None:
        text = (data.get(f"f{row}_value") or "").strip()
        if operator in _BARE:
            return ()
        if not text:
            self.add_error(f"f{row}_value", _("Give the value to compare with."))
            return None
        if operator is Operator.RELATIVE:
            phrase = text.lower().replace(" ", "_")
            if phrase not in PHRASES:
                known = ", ".join(name.replace("_", " ") for name in PHRASES)
                self.add_error(f"f{row}_value", _("Write one of: %s.") % known)
                return None
            return (phrase,)
        parts = [part.strip() for part in text.split(",")] if operator in _LISTS else [text]
        try:
            return tuple(_typed(part, column) for part in parts if part)
        except ValueError:
            self.add_error(
                f"f{row}_value",
                _("“%(value)s” does not fit %(column)s (%(type)s).")
                % {"value": text, "column": column.label, "type": column.type},
            )
            return None

    def _chart(self, data: dict[str, Any], query: ReportQuery) -> ChartSpec:
        chosen: dict[str, Any] = {
            name: data[name] for name in ("kind", "stacked", "horizontal", "labels", "totals", "goal")
        }
        chosen |= {"x": None, "y": (), "series": query.series}
        if self.base_chart is None:
            return ChartSpec(**chosen)
        return ChartSpec(**{**self.base_chart.model_dump(), **chosen})

    def _is_time(self, name: str) -> bool:
        return self._by_name[name].type in {"date", "datetime"}

    def _old_label(self, part: str, column: str) -> str | None:
        old = getattr(self.base_query, part) if self.base_query else ()
        return next((item.label for item in old if item.column == column), None)

    def _sort(self, data: dict[str, Any], dimensions: Any, measures: Any) -> tuple[Sort, ...]:
        key, _space, direction = (data.get("sort") or "").partition(" ")
        usable = dimensions if key.startswith("d") else measures
        return (Sort(by=key, direction=direction),) if key and usable else ()  # type: ignore[arg-type]


def _typed(text: str, column: ColumnInfo) -> Any:
    if column.type == "integer":
        return int(text)
    if column.type in {"number", "decimal"}:
        return float(text)
    if column.type == "boolean":
        if text.lower() not in {"true", "false", "yes", "no", "1", "0"}:
            raise ValueError(text)
        return text.lower() in {"true", "yes", "1"}
    if column.type in {"date", "datetime"}:
        return date.fromisoformat(text) if len(text) == 10 else text
    return text


def _query_initial(query: ReportQuery) -> dict[str, Any]:
    initial: dict[str, Any] = {"limit": query.limit}
    if query.measures:
        names = ("x", "series")
        initial |= {n: d.column for n, d in zip(names, query.dimensions, strict=False)}
        initial["grain"] = next((d.grain.value for d in query.dimensions[:1] if d.grain), "")
    else:
        initial["columns"] = [dimension.column for dimension in query.dimensions]
    if query.sort:
        initial["sort"] = f"{query.sort[0].by} {query.sort[0].direction}"
    for row, measure in enumerate(query.measures, 1):
        initial[f"m{row}_aggregate"] = measure.aggregate.value
        initial[f"m{row}_column"] = measure.column or ""
    for row, item in enumerate(query.filters, 1):
        initial[f"f{row}_column"] = item.column
        initial[f"f{row}_operator"] = item.operator.value
        initial[f"f{row}_value"] = ", ".join(str(value) for value in item.values)
    return initial


def _chart_initial(chart: ChartSpec) -> dict[str, Any]:
    data = chart.model_dump(mode="json")
    return {k: data[k] for k in ("kind", "stacked", "horizontal", "labels", "totals", "goal")}
