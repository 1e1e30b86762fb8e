"""What queries compile to, and what is wrong with them. That the SQL gives the right rows is
``tests/catalog/connectors/test_same_rows.py``."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.compile import Compiled, compile_query
from catalog.query.dialects import ENGINES
from catalog.query.errors import QueryError
from catalog.query.literals import readable
from catalog.query.spec import ReportQuery

TABLES = [
    TableInfo(
        "orders",
        "Orders",
        [
            ColumnInfo("id", "ID", "integer", primary_key=True),
            ColumnInfo("customer", "Customer", "integer"),
            ColumnInfo("day", "Day", "date"),
            ColumnInfo("at", "At", "datetime"),
            ColumnInfo("amount", "Amount", "decimal", stats={"scale": 2}),
            ColumnInfo("region", "Region", "text"),
            ColumnInfo("paid", "Paid", "boolean"),
        ],
    ),
    TableInfo(
        "people",
        "People",
        [ColumnInfo("id", "ID", "integer"), ColumnInfo("email", "E-mail", "text")],
    ),
]
SUM = {"aggregate": "sum", "column": "amount"}


def compiled(dialect: str = "duckdb", masked: tuple[str, ...] = (), **parts: Any) -> Compiled:
    spec = ReportQuery.model_validate({"table": "orders", **parts})
    return compile_query(
        spec,
        TABLES,
        dialect=dialect,  # type: ignore[arg-type]
        limit=1000,
        today=date(2024, 3, 15),
        timezone="Europe/Berlin",
        masked=masked,
    )


def one_line(sql: str) -> str:
    return " ".join(sql.split())


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("dialect", sorted(ENGINES))
def test_grains_compile_everywhere_and_group_by_what_they_select(dialect: str, grain: str) -> None:
    result = compiled(dialect, dimensions=[{"column": "at", "grain": grain}], measures=[SUM])
    sql = one_line(result.sql)
    bucket = sql[len("SELECT ") : sql.index(" AS d1")]
    assert f"GROUP BY {bucket} ORDER BY" in sql
    assert result.parameters == []
    assert result.columns[0].type == ("datetime" if grain == "hour" else "date")


def test_postgresql() -> None:
    result = compiled(
        "postgresql",
        dimensions=[{"column": "day", "grain": "month"}],
        measures=[SUM, {"aggregate": "median", "column": "amount"}],
        filters=[
            {"column": "region", "operator": "contains", "values": ["50%_/x"]},
            {"column": "paid", "operator": "eq", "values": [True]},
        ],
    )
    assert one_line(result.sql) == (
        'SELECT CAST(date_trunc(\'month\', "day") AS DATE) AS d1, sum("amount") AS m1, '
        'percentile_cont(0.5) WITHIN GROUP (ORDER BY "amount") AS m2 FROM "orders" '
        'WHERE lower("region") LIKE %s::VARCHAR ESCAPE \'/\' AND ("paid" = %s) '
        "GROUP BY CAST(date_trunc('month', \"day\") AS DATE) ORDER BY d1 ASC NULLS LAST LIMIT 1001"
    )
    assert result.parameters == ["%50/%/_//x%", True]


def test_tables_of_other_schemas_on_servers() -> None:
    table = TableInfo("crm.people", "People", [ColumnInfo("id", "ID", "integer")])
    spec = ReportQuery(table="crm.people")
    options: dict[str, Any] = {"limit": 5, "today": date(2024, 1, 1), "timezone": "UTC"}
    assert '"crm"."people"' in compile_query(spec, [table], dialect="postgresql", **options).sql
    assert "`crm`.`people`" in compile_query(spec, [table], dialect="mysql", **options).sql
    assert '"crm.people"' in compile_query(spec, [table], dialect="duckdb", **options).sql


def test_mysql_puts_empty_values_last_and_has_no_median() -> None:
    result = compiled("mysql", dimensions=[{"column": "region"}], measures=[SUM])
    assert "ORDER BY m1 IS NULL, m1 DESC, d1 IS NULL, d1 ASC" in one_line(result.sql)
    with pytest.raises(QueryError, match="median"):
        compiled("mysql", measures=[{"aggregate": "median", "column": "amount"}])


def test_default_order() -> None:
    by_time = compiled(
        dimensions=[{"column": "region"}, {"column": "day", "grain": "month"}], measures=[SUM]
    )
    assert "ORDER BY d2 ASC NULLS LAST, d1 ASC NULLS LAST" in by_time.sql
    by_measure = compiled(dimensions=[{"column": "region"}], measures=[SUM])
    assert "ORDER BY m1 DESC NULLS LAST, d1 ASC NULLS LAST" in by_measure.sql
    assert "ORDER BY" not in compiled().sql
    assert 'ORDER BY "id"' in compiled("postgresql").sql


def test_asked_order_keeps_ties_stable() -> None:
    result = compiled(
        dimensions=[{"column": "region"}, {"column": "paid"}],
        measures=[SUM],
        computed=[{"name": "c1", "expression": "m1 * 2"}],
        sort=[{"by": "c1", "direction": "desc"}, {"by": "d2"}],
    )
    assert "ORDER BY c1 DESC NULLS LAST, d2 ASC NULLS LAST, d1 ASC NULLS LAST" in result.sql


def test_limit_is_the_persons_or_one_more_than_the_cap() -> None:
    assert compiled(limit=10).sql.endswith("LIMIT 10")
    assert compiled().sql.endswith("LIMIT 1001")
    assert compiled(limit=5000).sql.endswith("LIMIT 1001")


def test_result_columns() -> None:
    columns = compiled(
        dimensions=[{"column": "day", "grain": "month"}],
        measures=[SUM, {"aggregate": "count"}, {"aggregate": "avg", "column": "amount"}],
        computed=[
            {"name": "c1", "expression": "m1 / m2", "label": "Each"},
            {"name": "c2", "expression": "m2 + 1"},
        ],
    ).columns
    assert [(c.key, c.label, c.type) for c in columns] == [
        ("d1", "Day (month)", "date"),
        ("m1", "Sum of Amount", "decimal"),
        ("m2", "Number of rows", "integer"),
        ("m3", "Average Amount", "number"),
        ("c1", "Each", "number"),
        ("c2", "m2 + 1", "integer"),
    ]
    assert (columns[1].source_column, columns[1].aggregate) == ("amount", "sum")


def condition(column: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"column": column, "operator": operator, "values": values}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"table": "nope"}, "table"),
    ({"dimensions": [{"column": "nope"}]}, "dimensions[0].column"),
    ({"dimensions": [{"column": "region", "grain": "month"}]}, "dimensions[0].grain"),
    ({"dimensions": [{"column": "day", "grain": "hour"}]}, "dimensions[0].grain"),
    ({"measures": [{"aggregate": "sum", "column": "region"}]}, "measures[0].aggregate"),
    ({"measures": [{"aggregate": "sum", "column": "paid"}]}, "measures[0].aggregate"),
    ({"measures": [{"aggregate": "sum"}]}, "measures[0].column"),
    ({"measures": [SUM, {"aggregate": "avg", "column": "x"}]}, "measures[1].column"),
    ({"filters": [condition("x", "eq", 1)]}, "filters[0].column"),
    ({"filters": [condition("amount", "eq", "many")]}, "filters[0].values[0]"),
    ({"filters": [condition("amount", "in", 1, "x")]}, "filters[0].values[1]"),
    ({"filters": [condition("amount", "eq", True)]}, "filters[0].values[0]"),
    ({"filters": [condition("amount", "eq", float("nan"))]}, "filters[0].values[0]"),
    ({"filters": [condition("region", "eq", 1.5)]}, "filters[0].values[0]"),
    ({"filters": [condition("region", "eq", "a\0b")]}, "filters[0].values[0]"),
    ({"filters": [condition("day", "eq", "soon")]}, "filters[0].values[0]"),
    ({"filters": [condition("day", "eq", "2024-02-30")]}, "filters[0].values[0]"),
    ({"filters": [condition("paid", "eq", 1)]}, "filters[0].values[0]"),
    ({"filters": [condition("paid", "gt", True)]}, "filters[0].operator"),
    ({"filters": [condition("amount", "contains", "1")]}, "filters[0].operator"),
    ({"filters": [condition("region", "relative", "today")]}, "filters[0].operator"),
    ({"filters": [condition("day", "relative", "someday")]}, "filters[0].values[0]"),
    ({"filters": [condition("day", "eq")]}, "filters[0].values"),
    ({"filters": [condition("day", "between", "2024-01-01")]}, "filters[0].values"),
    ({"filters": [condition("amount", "between", 5, 1)]}, "filters[0].values"),
    ({"filters": [condition("region", "in")]}, "filters[0].values"),
    ({"filters": [condition("region", "empty", "x")]}, "filters[0].values"),
    ({"computed": [{"name": "c1", "expression": "m1 +"}]}, "computed[0].expression"),
    ({"computed": [{"name": "c1", "expression": "m9"}]}, "computed[0].expression"),
    ({"computed": [{"name": "c1", "expression": "d6 * 2"}]}, "computed[0].expression"),
    ({"computed": [{"name": "c1", "expression": "round(d1, d1)"}]}, "computed[0].expression"),
    ({"computed": [{"name": "c1", "expression": "1 -- x"}]}, "computed[0].expression"),
    ({"computed": [{"name": "c1", "expression": "1"}] * 2}, "computed[1].name"),
    ({"sort": [{"by": "m1"}]}, "sort[0].by"),
    ({"series": "m1"}, "series"),
    ({"joins": [{"table": "x", "left_column": "id", "right_column": "id"}]}, "joins[0].table"),
    (
        {"joins": [{"table": "people", "left_column": "region", "right_column": "id"}]},
        "joins[0].right_column",
    ),
    (
        {"joins": [{"table": "people", "left_column": "customer", "right_column": "id"}] * 2},
        "joins[1].table",
    ),
]


@pytest.mark.parametrize(("parts", "path"), WRONG)
def test_what_is_wrong_is_said_with_its_place(parts: dict[str, Any], path: str) -> None:
    with pytest.raises(QueryError) as caught:
        compiled(**parts)
    assert caught.value.path == path
    assert caught.value.message.endswith(".")
    assert caught.value.to_data()["path"] == path


def test_a_misspelt_column_is_suggested() -> None:
    with pytest.raises(QueryError) as caught:
        compiled(dimensions=[{"column": "regoin"}])
    assert "“region”" in caught.value.hint


def test_long_formulas_compile_and_endless_ones_are_refused() -> None:
    text = "+".join(["d1"] * 70)
    assert compiled(computed=[{"name": "c1", "expression": text}]).sql.count("HUGEINT") == 70
    doubled = [{"name": "c1", "expression": "d1 + d1"}]
    doubled += [{"name": f"c{i}", "expression": f"c{i - 1} + c{i - 1}"} for i in range(2, 60)]
    with pytest.raises(QueryError, match="too long"):
        compiled(computed=doubled)


class TestMasked:
    masked = ("people.email",)
    join = [{"table": "people", "left_column": "customer", "right_column": "id"}]

    def test_rows_show_dots(self) -> None:
        result = compiled(
            masked=self.masked, table="people", dimensions=[{"column": "email"}, {"column": "id"}]
        )
        assert '"email"' not in result.sql
        assert "'•••' AS d1" in result.sql
        assert "d1" not in result.sql.split("ORDER BY")[1]

    def test_may_be_counted(self) -> None:
        result = compiled(
            masked=self.masked,
            joins=self.join,
            measures=[{"aggregate": "count", "column": "people.email"}],
        )
        assert result.measured == {("people", "email")}

    @pytest.mark.parametrize(
        "parts",
        [
            {"filters": [condition("people.email", "eq", "a")]},
            {"filters": [condition("people.email", "not_empty")]},
            {"dimensions": [{"column": "people.email"}], "measures": [{"aggregate": "count"}]},
            {"measures": [{"aggregate": "min", "column": "people.email"}]},
            {"measures": [{"aggregate": "count_distinct", "column": "people.email"}]},
            {"dimensions": [{"column": "people.email"}], "sort": [{"by": "d1"}]},
            {
                "dimensions": [{"column": "people.email"}],
                "computed": [{"name": "c1", "expression": "d1 + 1"}],
            },
        ],
    )
    def test_nothing_else(self, parts: dict[str, Any]) -> None:
        with pytest.raises(QueryError, match="hidden from you"):
            compiled(masked=("PEOPLE.Email",), joins=self.join, **parts)

    def test_no_joins_on_it(self) -> None:
        on = [{"table": "people", "left_column": "region", "right_column": "email"}]
        with pytest.raises(QueryError, match="hidden from you"):
            compiled(masked=self.masked, joins=on)


@pytest.mark.parametrize("dialect", sorted(ENGINES))
def test_readable_sql_has_its_values_and_nothing_else_changed(dialect: str) -> None:
    result = compiled(
        dialect,
        filters=[
            condition("region", "eq", "O'Neil ? %s $1"),
            condition("amount", "gt", 1.5),
            condition("day", "eq", "2024-01-31"),
        ],
    )
    text = readable(result.sql, result.parameters, dialect)  # type: ignore[arg-type]
    assert "'O''Neil ? %s $1'" in text
    assert "> 1.5" in text
    assert "'2024-01-31'" in text
    assert "::" not in text
