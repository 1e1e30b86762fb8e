"""The report builder's form: sentences in, a ``ReportQuery`` and a ``ChartSpec`` out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from catalog.charts.spec import ChartSpec
from catalog.connectors.base import TableInfo
from catalog.forms import builder
from catalog.forms.items import ItemForm
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

MEASURES, FILTERS = 3, 3
VALUE_LENGTH = 2000


class ReportForm(ItemForm):
    """Built for one table. What the form cannot say of an existing query (joins, computed columns,
    labels, a third dimension, the chart's formats) is carried over untouched."""

    kind = forms.ChoiceField(
        label=_("Draw as"), choices=[(k.value, v) for k, v in builder.KIND_LABELS.items()]
    )
    x = forms.ChoiceField(label=_("Grouped by"), required=False)
    grain = forms.ChoiceField(
        label=_("Time step"),
        required=False,
        choices=[("", _("as it is")), *[(k.value, v) for k, v in builder.GRAIN_LABELS.items()]],
    )
    series = forms.ChoiceField(label=_("Split by"), required=False)
    columns = forms.MultipleChoiceField(
        label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    sort = forms.ChoiceField(label=_("Sorted"), required=False)
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
        tables: Sequence[TableInfo] = (),
        query: ReportQuery | None = None,
        chart: ChartSpec | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.base_query = query
        self.base_chart = chart
        self._reachable = builder.reachable(table, tables, query)
        self._by_name = {column.name: column for column in self._reachable}
        self.measure_rows = max(MEASURES, len(query.measures) if query else 0)
        self.filter_rows = max(FILTERS, len(query.filters) if query else 0)
        self._add_rows()
        if query is not None:
            self.initial = {**self.initial, **builder.query_initial(query)}
        if chart is not None:
            self.initial = {**self.initial, **builder.chart_initial(chart)}
        self.spec: tuple[ReportQuery, ChartSpec] | None = None

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
            spec = query, self._chart(data, query)
        except ValidationError as error:
            self.add_error(None, _("This cannot be asked: %s.") % error.errors()[0]["msg"])
            return data
        if not (set(self.errors) - {"name", "project"}):
            self.spec = spec
        return data

    def _add_rows(self) -> None:
        columns: list[tuple[str, Any]] = [(c.name, c.label) for c in self._reachable]
        nothing: list[tuple[str, Any]] = [("", "—")]
        for name in ("x", "series"):
            self._offer(name, nothing + columns)
        self._offer("columns", columns)
        self._offer("sort", builder.sort_choices(self.base_query))
        aggregates = [(k.value, v) for k, v in builder.AGGREGATE_LABELS.items()]
        operators = [(k.value, v) for k, v in builder.OPERATOR_LABELS.items()]
        for row in range(1, self.measure_rows + 1):
            self._choice(f"m{row}_aggregate", [*nothing, *aggregates], _("Calculation %s") % row)
            self._choice(f"m{row}_column", [("", _("rows")), *columns], _("Column %s") % row)
        for row in range(1, self.filter_rows + 1):
            self._choice(f"f{row}_column", nothing + columns, _("Filter %s") % row)
            self._choice(f"f{row}_operator", operators, _("Condition %s") % row)
            self.fields[f"f{row}_value"] = forms.CharField(
                max_length=self._value_length(row), required=False, label=_("Value %s") % row
            )

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = list(choices)

    def _choice(self, name: str, choices: Sequence[tuple[str, Any]], label: Any) -> None:
        self.fields[name] = forms.ChoiceField(choices=list(choices), required=False, label=label)

    def _value_length(self, row: int) -> int:
        filters = self.base_query.filters if self.base_query else ()
        known = len(builder.written(filters[row - 1])) if row <= len(filters) else 0
        return max(VALUE_LENGTH, known)

    def _query(self, data: dict[str, Any]) -> ReportQuery:
        measures = self._measures(data)
        dimensions = self._grouped(data) if measures else self._plain(data)
        parts: dict[str, Any] = {
            "table": self.table.name,
            "dimensions": dimensions,
            "measures": measures,
            "filters": self._filters(data),
            "series": self._series(dimensions, grouped=bool(measures)),
            "limit": data.get("limit"),
        }
        if self.base_query is not None:
            kept = self.base_query.model_dump(exclude={"computed", "sort"})
            parts = {**kept, **parts}
        keys = self._keys(dimensions, measures)
        computed = self.base_query.computed if self.base_query else ()
        parts["computed"] = builder.usable_computed(computed, keys)
        keys |= {item.name for item in parts["computed"]}
        return ReportQuery(**parts, sort=self._sort(data, keys))

    def _grouped(self, data: dict[str, Any]) -> tuple[Dimension, ...]:
        before = self._before(grouped=True)
        x, series = data.get("x"), data.get("series")
        names = [name for name in (x, series) if name]
        if x == series and [item.column for item in before[:2]] != names:
            names = names[:1]
        dimensions = []
        for position, name in enumerate(names):
            old = before[position] if position < len(before) else None
            same = old is not None and old.column == name
            item = old if old is not None and same else Dimension(column=name)
            if position == 0:
                grain = Grain(data["grain"]) if data.get("grain") and self._is_time(name) else None
                item = item.model_copy(update={"grain": grain})
            dimensions.append(item)
        return (*dimensions, *(before[2:] if len(dimensions) == 2 else ()))

    def _plain(self, data: dict[str, Any]) -> tuple[Dimension, ...]:
        """Plain columns: those of before in their order, then the new ones in the table's."""
        names = data.get("columns") or [name for name in (data.get("x"),) if name]
        kept = tuple(item for item in self._before(grouped=False) if item.column in names)
        known = {item.column for item in kept}
        return (*kept, *(Dimension(column=name) for name in names if name not in known))

    def _before(self, *, grouped: bool) -> tuple[Dimension, ...]:
        query = self.base_query
        return query.dimensions if query and bool(query.measures) is grouped else ()

    def _measures(self, data: dict[str, Any]) -> tuple[Measure, ...]:
        before = self.base_query.measures if self.base_query else ()
        measures = []
        for row in range(1, self.measure_rows + 1):
            if not (aggregate := data.get(f"m{row}_aggregate")):
                continue
            column = data.get(f"m{row}_column") or None
            if column is None and aggregate != Aggregate.COUNT:
                self.add_error(f"m{row}_column", _("Choose the column to calculate with."))
                continue
            item = Measure(aggregate=Aggregate(aggregate), column=column)
            old = before[row - 1] if row <= len(before) else item
            measures.append(old if (old.aggregate, old.column) == (aggregate, column) else item)
        return tuple(measures)

    def _filters(self, data: dict[str, Any]) -> tuple[Filter, ...]:
        before = self.base_query.filters if self.base_query else ()
        filters = []
        for row in range(1, self.filter_rows + 1):
            if not (column := data.get(f"f{row}_column")):
                continue
            operator = Operator(data.get(f"f{row}_operator") or Operator.EQ)
            text = (data.get(f"f{row}_value") or "").strip()
            old = before[row - 1] if row <= len(before) else None
            if old and _says(old, column, operator, text):
                filters.append(old)
                continue
            try:
                values = builder.read_values(text, self._by_name[column], operator)
            except builder.ValueRefused as error:
                self.add_error(f"f{row}_value", str(error))
                continue
            filters.append(Filter(column=column, operator=operator, values=values))
        return tuple(filters)

    def _series(self, dimensions: tuple[Dimension, ...], *, grouped: bool) -> str | None:
        query = self.base_query
        if query and [d.column for d in query.dimensions] == [d.column for d in dimensions]:
            return query.series
        return "d2" if grouped and len(dimensions) > 1 else None

    def _sort(self, data: dict[str, Any], keys: set[str]) -> tuple[Sort, ...]:
        chosen = data.get("sort") or ""
        if self.base_query and chosen == builder.sort_key(self.base_query):
            return tuple(item for item in self.base_query.sort if item.by in keys)
        key, _space, direction = chosen.partition(" ")
        return (Sort(by=key, direction=direction),) if key in keys else ()  # type: ignore[arg-type]

    def _keys(self, dimensions: tuple[Dimension, ...], measures: tuple[Measure, ...]) -> set[str]:
        count = len(dimensions) if dimensions or measures else len(self.table.columns)
        return {f"d{n}" for n in range(1, count + 1)} | {
            f"m{n}" for n in range(1, len(measures) + 1)
        }

    def _chart(self, data: dict[str, Any], query: ReportQuery) -> ChartSpec:
        chosen: dict[str, Any] = {name: data[name] for name in builder.CHART_FIELDS}
        before = self.base_chart.model_dump() if self.base_chart else {}
        if not self._same_fields(query):
            before |= {"x": None, "y": (), "series": query.series}
        return ChartSpec(**{**before, **chosen})

    def _same_fields(self, query: ReportQuery) -> bool:
        """Whether d1, m1 … still stand for what the chart meant by them."""
        if self.base_query is None or self.base_chart is None:
            return False
        before, now = (
            ([d.column for d in each.dimensions], [(m.aggregate, m.column) for m in each.measures])
            for each in (self.base_query, query)
        )
        return before == now

    def _is_time(self, name: str) -> bool:
        return self._by_name[name].type in {"date", "datetime"}


def _says(item: Filter, column: str, operator: Operator, text: str) -> bool:
    """Whether the row of the form says what the filter says already."""
    same = (item.column, item.operator) == (column, operator)
    return same and builder.written(item).strip() == text
