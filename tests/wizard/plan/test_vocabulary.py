"""Whatever a report, chart, widget or schedule can say, a plan can say: nothing is forgotten when
the catalog's own vocabulary grows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import BaseType
from catalog.intake.options import IntakeOptions
from catalog.query.spec import (
    Aggregate,
    Computed,
    Dimension,
    Filter,
    Grain,
    Join,
    Measure,
    Operator,
    ReportQuery,
    Sort,
    SqlQuery,
)
from tests.wizard.plan.examples import one_step
from wizard.plan.build import build
from wizard.plan.describe import describe_value
from wizard.plan.grammar import schema
from wizard.plan.model import Entity, FileSpec, Operation, SecretRef, WidgetSpec
from wizard.plan.parameters import PARAMETERS, RULES, Kind
from wizard.plan.parse import parse

TABLE = "a table"
# One value other than the default for every field of every model; a field that is missing here
# has been added to a model and not yet to the plan.
FULL: dict[type[BaseModel], dict[str, Any]] = {
    Join: {"table": "t2", "kind": "inner", "left_column": "a", "right_column": "b"},
    Dimension: {"column": "d", "grain": Grain.WEEK, "label": "D"},
    Measure: {"aggregate": Aggregate.MEDIAN, "column": "m", "label": "M"},
    Computed: {"name": "c1", "expression": "m1 / 2", "label": "C"},
    Filter: {"column": "f", "operator": Operator.IN, "values": (1, 2.5, "x", True)},
    Sort: {"by": "m1", "direction": "desc"},
    ReportQuery: {
        "table": TABLE,
        "joins": (Join(table="t2", kind="inner", left_column="a", right_column="b"),),
        "dimensions": (Dimension(column="d", grain=Grain.WEEK, label="D"),),
        "measures": (Measure(aggregate=Aggregate.MEDIAN, column="m", label="M"),),
        "computed": (Computed(name="c1", expression="m1 / 2", label="C"),),
        "filters": (
            Filter(column="f", operator=Operator.IN, values=(date(2026, 1, 2), datetime.min)),
        ),
        "series": "d1",
        "sort": (Sort(by="m1", direction="desc"),),
        "limit": 7,
    },
    SqlQuery: {"sql": "select :a", "parameters": {"a": 1}},
    ChartSpec: {
        "kind": ChartKind.AREA,
        "x": "d1",
        "y": ("m1", "m2"),
        "series": "d2",
        "stacked": True,
        "horizontal": True,
        "log_scale": True,
        "labels": True,
        "totals": True,
        "goal": 12.5,
        "top_n": 10,
        "number_format": "currency",
        "currency": "EUR",
        "decimals": 2,
        "x_title": "Month",
        "y_title": "Revenue",
    },
}
HOLDERS: dict[type[BaseModel], str] = {
    Join: "joins", Dimension: "dimensions", Measure: "measures", Computed: "computed",
    Filter: "filters", Sort: "sort",
}  # fmt: skip


def through(value: Any, name: str = "query") -> Any:
    """The value as it comes back from a document."""
    raw = build(one_step(params={name: value}))
    back = parse(raw).steps[0].params[name]
    assert build(one_step(params={name: back})) == raw
    return back


def query(**fields: Any) -> ReportQuery:
    return ReportQuery(table=TABLE, **fields)


@pytest.mark.parametrize("model", list(FULL))
def test_every_field_of_every_model_survives(model: type[BaseModel]) -> None:
    constant = {"v", "kind"} if model in {ReportQuery, SqlQuery} else {"v"}
    assert set(model.model_fields) - constant == set(FULL[model])
    full = model(**FULL[model])
    for name, field in model.model_fields.items():
        if name in FULL[model]:
            assert getattr(full, name) != field.default
    if model in HOLDERS:
        whole = query(**{HOLDERS[model]: (full,)})
        assert repr(through(whole)) == repr(whole)
    else:
        name = "config" if model is ChartSpec else "query"
        assert repr(through(full, name)) == repr(full)


@pytest.mark.parametrize("kind", list(ChartKind))
def test_chart_kinds(kind: ChartKind) -> None:
    assert through(ChartSpec(kind=kind), "config").kind is kind


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_aggregates(aggregate: Aggregate) -> None:
    whole = query(measures=(Measure(aggregate=aggregate, column="a"),))
    assert through(whole) == whole
    assert describe_value(whole)


@pytest.mark.parametrize("grain", list(Grain))
def test_grains(grain: Grain) -> None:
    whole = query(dimensions=(Dimension(column="a", grain=grain),))
    assert through(whole) == whole


@pytest.mark.parametrize("operator", list(Operator))
def test_operators(operator: Operator) -> None:
    whole = query(filters=(Filter(column="a", operator=operator, values=("x",)),))
    assert through(whole) == whole
    assert describe_value(whole)


@pytest.mark.parametrize(
    ("model", "name"), [(ChartSpec, "number_format"), (Join, "kind"), (Sort, "direction")]
)
def test_closed_choices(model: type[BaseModel], name: str) -> None:
    for choice in get_args(model.model_fields[name].annotation):
        value = model(**{**FULL[model], name: choice})
        if model is ChartSpec:
            assert through(value, "config") == value
        else:
            whole = query(**{HOLDERS[model]: (value,)})
            assert through(whole) == whole


def test_column_names_may_be_as_long_as_the_catalog_allows() -> None:
    name = "Ö" * 200
    whole = query(dimensions=(Dimension(column=name, label=name),))
    assert through(whole) == whole


def test_every_option_of_the_intake_can_be_said() -> None:
    options = IntakeOptions(
        header_row=2,
        skip_rows=3,
        delimiter="\t",
        encoding="cp1252",
        decimal=",",
        day_first=True,
        types={"a b": "date"},
    )
    said = options.model_dump(exclude={"sheet", "version"})
    assert all(value != IntakeOptions.model_fields[name].default for name, value in said.items())
    file = FileSpec("a.csv", "0" * 8 + "-0000-0000-0000-" + "0" * 12, "a" * 64, "Sheet 1", said)
    back = through(file, "fileMetadata")
    assert back == file
    assert IntakeOptions(**back.options) == options
    assert set(IntakeOptions.model_fields) == {*said, "sheet", "version"}


@pytest.mark.parametrize("kind", get_args(BaseType))
def test_column_types(kind: str) -> None:
    file = FileSpec("a.csv", options={"types": {"a": kind}})
    assert through(file, "fileMetadata") == file


@pytest.mark.parametrize("kind", ["chart", "table", "number", "text"])
def test_widgets(kind: str) -> None:
    widget = WidgetSpec(kind, 1, 2, 3, 4, 5, " a title ", "two\nlines")
    assert through((widget,), "layout") == (widget,)


VALUES: dict[Kind, Any] = {
    Kind.TEXT: " text ",
    Kind.INTEGER: 7,
    Kind.BOOLEAN: False,
    Kind.ID: 5,
    Kind.FILE: FileSpec("a.csv"),
    Kind.CONNECTION: {"host": "db", "password": SecretRef("pw-1")},
    Kind.QUERY: SqlQuery(sql="select 1"),
    Kind.CHART: ChartSpec(kind=ChartKind.BAR),
    Kind.LAYOUT: (WidgetSpec("text", 0, 0, 1, 1, text="x"),),
    Kind.ITEMS: ("a", "b"),
}


@pytest.mark.parametrize(("operation", "entity"), list(RULES))
def test_every_parameter_of_every_operation(operation: Operation, entity: Entity) -> None:
    params = {name: VALUES[PARAMETERS[name].kind] for name in RULES[operation, entity].names}
    plan = one_step(operation=operation, entity=entity, params=params, target=5, expected_version=3)
    assert parse(build(plan)) == plan


def test_the_schema_and_the_table_name_the_same_parameters() -> None:
    names = schema().types["paramName"].enumeration
    assert set(names) == set(PARAMETERS)


def test_the_schema_has_the_catalogs_vocabularies() -> None:
    for name, members in {
        "chartKind": ChartKind,
        "aggregate": Aggregate,
        "grain": Grain,
        "operator": Operator,
        "operation": Operation,
        "entity": Entity,
    }.items():
        assert set(schema().types[name].enumeration) == {member.value for member in members}
    assert set(schema().types["columnType"].enumeration) == set(get_args(BaseType))
