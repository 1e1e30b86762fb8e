from __future__ import annotations

from datetime import date

from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.describe import describe
from catalog.query.fingerprint import fingerprint
from catalog.query.spec import Filter, ReportQuery, SqlQuery

TABLES = [
    TableInfo(
        "sales",
        "Sales",
        [
            ColumnInfo("month", "Month", "text"),
            ColumnInfo("revenue", "Revenue", "decimal"),
            ColumnInfo("region", "Region", "text"),
            ColumnInfo("day", "Order date", "date"),
        ],
    )
]


def query(**parts: object) -> ReportQuery:
    return ReportQuery.model_validate({"table": "sales", **parts})


def test_the_model_sentence() -> None:
    spec = query(
        dimensions=[{"column": "month"}],
        measures=[{"aggregate": "sum", "column": "revenue"}],
        filters=[{"column": "region", "operator": "eq", "values": ["EMEA"]}],
        limit=10,
    )
    assert describe(spec, TABLES) == "Sum of Revenue by Month, where Region is EMEA, top 10"


def test_other_shapes() -> None:
    assert describe(query(), TABLES) == "All columns of Sales"
    assert describe(query(measures=[{"aggregate": "count"}]), TABLES) == "Number of rows"
    spec = query(
        dimensions=[{"column": "day", "grain": "month"}],
        measures=[{"aggregate": "avg", "column": "revenue"}, {"aggregate": "count"}],
        filters=[
            {"column": "day", "operator": "relative", "values": ["last_30_days"]},
            {"column": "region", "operator": "in", "values": ["A", "B", "C", "D", "E"]},
            {"column": "gone", "operator": "not_empty"},
        ],
        sort=[{"by": "m1", "direction": "asc"}],
        limit=3,
    )
    assert describe(spec, TABLES) == (
        "Average Revenue and Number of rows by Order date (month), where Order date is in last 30 "
        "days, Region is one of A, B, C or 2 more and gone is not empty, bottom 3"
    )
    assert describe(SqlQuery(sql="select 1"), TABLES) == "Written in SQL"


def test_fingerprint_ignores_what_does_not_matter() -> None:
    first = {"column": "region", "operator": "in", "values": ["A", "B", "A"]}
    second = {"column": "day", "operator": "ge", "values": [date(2024, 1, 1)]}
    one = query(filters=[first, second], computed=[{"name": "c1", "expression": "m1/m2"}])
    two = query(
        filters=[second, {**first, "values": ["B", "A"]}],
        computed=[{"name": "c1", "expression": " m1 /  m2 "}],
    )
    assert fingerprint(one) == fingerprint(two)
    assert len(fingerprint(one)) == 64


def test_fingerprint_sees_what_matters() -> None:
    base = query(measures=[{"aggregate": "sum", "column": "revenue"}])
    others = [
        query(measures=[{"aggregate": "avg", "column": "revenue"}]),
        query(measures=[{"aggregate": "sum", "column": "revenue", "label": "Money"}]),
        query(measures=[{"aggregate": "sum", "column": "revenue"}], limit=5),
    ]
    prints = {fingerprint(spec) for spec in [base, *others]} | {fingerprint(base, masked=["a.b"])}
    assert len(prints) == 5
    assert fingerprint(SqlQuery(sql="select 1 ;")) == fingerprint(SqlQuery(sql=" select 1"))
    assert fingerprint(SqlQuery(sql="select 1")) != fingerprint(SqlQuery(sql="select 2"))


def test_texts_of_a_stored_query_stay_texts() -> None:
    """Left to itself pydantic reads the text "12" of a JSON document as a moment in 1970."""
    values = ("12", "2024", "10:30", "1e3", "2024-01-01", "true", "2024-01-01 10:00")
    stored = Filter.model_validate({"column": "a", "operator": "in", "values": values})
    again = Filter.model_validate_json(stored.model_dump_json())
    assert again == stored
    assert again.values == ("12", "2024", "10:30", "1e3", date(2024, 1, 1), "true", values[-1])
