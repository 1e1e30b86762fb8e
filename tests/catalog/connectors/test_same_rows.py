"""The same query on DuckDB (Parquet) and on SQLite gives the same rows; where it is easy to say
what the rows are, they are said."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.connectors import worker

LIMITS = {"rows": 1000, "seconds": 20}
CONTEXT = {"timezone": "Europe/Berlin", "today": "2024-03-15"}
COLUMNS = [
    ("id", "integer"), ("day", "date"), ("at", "datetime"), ("amount", "decimal"),
    ("weight", "number"), ("region", "text"), ("paid", "boolean"), ("customer", "integer"),
]  # fmt: skip
ROWS: list[tuple[Any, ...]] = [
    (1, "2024-01-01", "2024-01-01 00:00:00", "10.10", 1.5, "North", 1, 1),
    (2, "2024-01-31", "2024-01-31 23:59:59", "20.20", 2.5, "north", 0, 1),
    (3, "2024-02-29", "2024-02-29 12:30:00", "-5.05", None, "Süd", 1, 2),
    (4, "2024-03-11", "2024-03-11 08:15:00", "0.00", 0.0, "SÜD", None, 2),
    (5, "2024-03-14", "2024-03-14 00:00:00", "99.99", 4.25, "", 1, 3),
    (6, "2024-03-15", "2024-03-15 10:00:00", "0.30", 7.75, None, 0, 3),
    (7, "2024-03-16", "2024-03-16 00:00:00", "1.00", -1.25, "50% off_", 0, None),
    (8, None, None, None, None, "East", None, 9),
    (9, "2023-12-31", "2023-12-31 23:00:00", "7.77", 3.0, "East", 1, 1),
    (10, "2023-03-15", "2023-03-15 06:30:00", "3.33", 3.0, "West", 1, 2),
]
PEOPLE = [(1, "Ann", "ann@example.org"), (2, "Bo", "bo@example.org"), (3, "Cy", None)]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("rows")
    return [_parquet(folder), _sqlite(folder)]


def _parquet(folder: Path) -> dict[str, Any]:
    connection = duckdb.connect()
    connection.execute(
        'CREATE TABLE orders (id INTEGER, day DATE, "at" TIMESTAMP, amount DECIMAL(10,2), '
        "weight DOUBLE, region VARCHAR, paid BOOLEAN, customer INTEGER)"
    )
    connection.executemany(f"INSERT INTO orders VALUES ({','.join('?' * 8)})", ROWS)
    connection.execute("CREATE TABLE people (id INTEGER, name VARCHAR, email VARCHAR)")
    connection.executemany("INSERT INTO people VALUES (?, ?, ?)", PEOPLE)
    tables = []
    for name in ("orders", "people"):
        path = folder / f"{name}.parquet"
        connection.execute(f"COPY {name} TO '{path}' (FORMAT parquet)")
        tables.append({"name": name, "label": name.title(), "path": str(path)})
    connection.close()
    return {"kind": "csv", "config": {}, "tables": tables}


def _sqlite(folder: Path) -> dict[str, Any]:
    path = folder / "rows.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, day TEXT, at DATETIME, "
            "amount DECIMAL(10,2), weight REAL, region TEXT, paid BOOLEAN, customer INTEGER)"
        )
        connection.executemany(f"INSERT INTO orders VALUES ({','.join('?' * 8)})", ROWS)
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", PEOPLE)
    connection.close()
    return {"kind": "sqlite", "config": {"path": str(path)}}


def run(source: Mapping[str, Any], parts: Mapping[str, Any], **context: Any) -> dict[str, Any]:
    query = {"kind": "builder", "table": "orders", **parts}
    return worker.run(source, query, LIMITS, {**CONTEXT, **context})


def rows(sources: list[dict[str, Any]], parts: Mapping[str, Any]) -> list[list[Any]]:
    first, second = (run(source, parts) for source in sources)
    assert [c["type"] for c in first["columns"]] == [c["type"] for c in second["columns"]]
    assert _rounded(first["rows"]) == _rounded(second["rows"])
    return first["rows"]  # type: ignore[no-any-return]


def _rounded(found: list[list[Any]]) -> list[list[Any]]:
    return [[round(c, 9) if isinstance(c, float) else c for c in row] for row in found]


def ids(sources: list[dict[str, Any]], *filters: dict[str, Any]) -> list[int]:
    found = rows(sources, {"dimensions": [{"column": "id"}], "filters": filters})
    return [row[0] for row in found]


def test_all_columns_with_their_types(sources: list[dict[str, Any]]) -> None:
    found = rows(sources, {})
    assert found[0] == [1, "2024-01-01", "2024-01-01T00:00:00", "10.10", 1.5, "North", True, 1]
    assert found[7][1:5] == [None, None, None, None]
    assert [c["type"] for c in run(sources[1], {})["columns"]] == [kind for _, kind in COLUMNS]


@pytest.mark.parametrize(
    ("column", "operator", "values", "expected"),
    [
        ("amount", "eq", [0.3], [6]),
        ("amount", "ne", [0.3], [1, 2, 3, 4, 5, 7, 8, 9, 10]),
        ("amount", "lt", [0], [3]),
        ("amount", "le", [0], [3, 4]),
        ("amount", "gt", [20.2], [5]),
        ("amount", "ge", ["20.2"], [2, 5]),
        ("amount", "between", [1, 10.10], [1, 7, 9, 10]),
        ("amount", "in", [0.3, 1], [6, 7]),
        ("amount", "not_in", [0.3, 1], [1, 2, 3, 4, 5, 8, 9, 10]),
        ("amount", "empty", [], [8]),
        ("id", "not_empty", [], list(range(1, 11))),
        ("region", "empty", [], [5, 6]),
        ("region", "not_empty", [], [1, 2, 3, 4, 7, 8, 9, 10]),
        ("region", "eq", ["North"], [1]),
        ("region", "contains", ["OR"], [1, 2]),
        ("region", "contains", ["üd"], [3, 4]),
        ("region", "contains", ["%"], [7]),
        ("region", "contains", ["f_"], [7]),
        ("region", "starts", ["n"], [1, 2]),
        ("region", "starts", ["%"], []),
        ("region", "in", ["East", "West"], [8, 9, 10]),
        ("paid", "eq", [True], [1, 3, 5, 9, 10]),
        ("paid", "ne", [True], [2, 4, 6, 7, 8]),
        ("day", "eq", ["2024-02-29"], [3]),
        ("day", "ge", ["2024-03-14"], [5, 6, 7]),
        ("day", "between", ["2024-01-01", "2024-02-29"], [1, 2, 3]),
        ("day", "in", ["2024-01-01", "2023-12-31"], [1, 9]),
        ("at", "eq", ["2024-01-31"], [2]),
        ("at", "ne", ["2024-01-31"], [1, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("at", "eq", ["2024-02-29T12:30:00"], [3]),
        ("at", "gt", ["2024-03-14"], [6, 7]),
        ("at", "gt", ["2024-03-15T09:59:59"], [6, 7]),
        ("at", "le", ["2024-01-31"], [1, 2, 9, 10]),
        ("at", "lt", ["2024-01-01"], [9, 10]),
        ("at", "lt", ["2023-03-15T06:30:00"], []),
        ("at", "le", ["2023-03-15T06:30:00"], [10]),
        ("at", "between", ["2024-03-14", "2024-03-15"], [5, 6]),
        ("at", "in", ["2024-03-14", "2024-03-15T10:00:00"], [5, 6]),
        ("day", "relative", ["today"], [6]),
        ("day", "relative", ["last_7_days"], [4, 5, 6]),
        ("at", "relative", ["this_week"], [4, 5, 6, 7]),
        ("at", "relative", ["yesterday"], [5]),
        ("at", "relative", ["last_year"], [9, 10]),
        ("day", "relative", ["this_quarter"], [1, 2, 3, 4, 5, 6, 7]),
        ("day", "relative", ["year_to_date"], [1, 2, 3, 4, 5, 6]),
    ],
)
def test_filters(
    sources: list[dict[str, Any]],
    column: str,
    operator: str,
    values: list[Any],
    expected: list[int],
) -> None:
    assert ids(sources, {"column": column, "operator": operator, "values": values}) == expected


@pytest.mark.parametrize(
    ("grain", "first", "last"),
    [
        ("hour", "2023-03-15T06:00:00", "2024-03-16T00:00:00"),
        ("day", "2023-03-15", "2024-03-16"),
        ("week", "2023-03-13", "2024-03-11"),
        ("month", "2023-03-01", "2024-03-01"),
        ("quarter", "2023-01-01", "2024-01-01"),
        ("year", "2023-01-01", "2024-01-01"),
    ],
)
def test_grains(sources: list[dict[str, Any]], grain: str, first: str, last: str) -> None:
    parts = {
        "dimensions": [{"column": "at", "grain": grain}],
        "measures": [{"aggregate": "count"}],
    }
    found = rows(sources, parts)
    assert found[0][0] == first
    assert found[-2][0] == last
    assert found[-1] == [None, 1]  # rows without a date come last
    assert sum(row[1] for row in found) == 10


def test_aggregates_are_exact(sources: list[dict[str, Any]]) -> None:
    kinds = ["sum", "avg", "median", "min", "max", "count", "count_distinct"]
    parts = {"measures": [{"aggregate": kind, "column": "amount"} for kind in kinds]}
    (found,) = rows(sources, parts)
    assert found[0] == "137.64"
    assert found[1] == pytest.approx(137.64 / 9)
    assert found[2:] == [3.33, "-5.05", "99.99", 9, 9]


def test_smallest_and_largest_of_other_types(sources: list[dict[str, Any]]) -> None:
    columns = ["day", "at", "region", "id"]
    measures = [{"aggregate": k, "column": c} for c in columns for k in ("min", "max")]
    (found,) = rows(sources, {"measures": measures})
    assert found[:4] == ["2023-03-15", "2024-03-16", "2023-03-15T06:30:00", "2024-03-16T00:00:00"]


def test_no_rows(sources: list[dict[str, Any]]) -> None:
    nothing = [{"column": "id", "operator": "eq", "values": [-1]}]
    assert rows(sources, {"filters": nothing}) == []
    measures = [{"aggregate": "sum", "column": "amount"}, {"aggregate": "count"}]
    assert rows(sources, {"filters": nothing, "measures": measures}) == [[None, 0]]


def test_joins(sources: list[dict[str, Any]]) -> None:
    join = {"table": "people", "left_column": "customer", "right_column": "id"}
    parts = {
        "joins": [join],
        "dimensions": [{"column": "people.name"}],
        "measures": [{"aggregate": "count"}],
        "sort": [{"by": "d1"}],
    }
    assert rows(sources, parts) == [["Ann", 3], ["Bo", 3], ["Cy", 2], [None, 2]]
    inner = {**parts, "joins": [{**join, "kind": "inner"}]}
    assert rows(sources, inner) == [["Ann", 3], ["Bo", 3], ["Cy", 2]]


def test_computed(sources: list[dict[str, Any]]) -> None:
    expressions = {
        "m1 / m2": 137.64 / 10,
        "m2 / 4": 2.5,
        "1 / 3 * 3": 1.0,
        "m2 / (m2 - 10)": None,
        "round(m1 / m2, 1)": 13.8,
        "abs(0 - m2)": 10,
        "-m2 - -2": -8,
        "coalesce(m2 / 0, 7)": 7,
        "nullif(m2, 10)": None,
        "m2 - 2 - 3": 5,
        "m2 - (2 - 3)": 11,
        "100000 * 100000 * m2": 100000000000,
    }
    parts = {
        "measures": [{"aggregate": "sum", "column": "amount"}, {"aggregate": "count"}],
        "computed": [
            {"name": f"c{i}", "expression": text} for i, text in enumerate(expressions, 1)
        ],
    }
    (found,) = rows(sources, parts)
    assert found[2:] == [
        value if value is None else pytest.approx(value) for value in expressions.values()
    ]


def test_computed_columns_build_on_each_other_and_sort(sources: list[dict[str, Any]]) -> None:
    parts = {
        "dimensions": [{"column": "id"}],
        "computed": [
            {"name": "c1", "expression": "d1 * 1000000000"},
            {"name": "c2", "expression": "c1 - 5"},
        ],
        "sort": [{"by": "c2", "direction": "desc"}],
        "limit": 2,
    }
    assert rows(sources, parts) == [[10, 10**10, 10**10 - 5], [9, 9 * 10**9, 9 * 10**9 - 5]]


def test_masked_columns(sources: list[dict[str, Any]]) -> None:
    for source in sources:
        found = run(source, {"table": "people"}, masked=["people.email"])
        assert found["rows"] == [[1, "Ann", "•••"], [2, "Bo", "•••"], [3, "Cy", "•••"]]
        counted = run(
            source,
            {"table": "people", "measures": [{"aggregate": "count", "column": "email"}]},
            masked=["people.email"],
        )
        assert counted["rows"] == [[2]]


def test_truncation_is_said(sources: list[dict[str, Any]]) -> None:
    for source in sources:
        query = {"kind": "builder", "table": "orders"}
        cut = worker.run(source, query, {"rows": 4, "seconds": 9}, CONTEXT)
        assert (len(cut["rows"]), cut["truncated"]) == (4, True)
        asked = worker.run(source, {**query, "limit": 4}, {"rows": 4, "seconds": 9}, CONTEXT)
        assert (len(asked["rows"]), asked["truncated"]) == (4, False)


dimensions = st.lists(
    st.sampled_from(
        [{"column": "region"}, {"column": "paid"}, {"column": "customer"}]
        + [{"column": c, "grain": g} for c in ("day", "at") for g in ("week", "month", "quarter")]
    ),
    max_size=2,
)
measures = st.lists(
    st.one_of(
        st.just({"aggregate": "count"}),
        st.builds(
            lambda a, c: {"aggregate": a, "column": c},
            st.sampled_from(["sum", "avg", "median", "min", "max", "count", "count_distinct"]),
            st.sampled_from(["amount", "weight", "id"]),
        ),
    ),
    min_size=1,
    max_size=3,
)
conditions = st.lists(
    st.one_of(
        st.builds(
            lambda o, v: {"column": "amount", "operator": o, "values": [v]},
            st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
            st.decimals(min_value=-10, max_value=100, places=2).map(float),
        ),
        st.builds(
            lambda c, o, v: {"column": c, "operator": o, "values": [v]},
            st.sampled_from(["day", "at"]),
            st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
            st.sampled_from([row[1] for row in ROWS if row[1]]),
        ),
        st.builds(
            lambda o, v: {"column": "region", "operator": o, "values": [v]},
            st.sampled_from(["eq", "ne", "contains", "starts"]),
            st.text(max_size=4).filter(lambda text: "\0" not in text and _encodable(text)),
        ),
    ),
    max_size=2,
)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(dimensions, measures, conditions)
def test_any_query_gives_the_same_rows(
    sources: list[dict[str, Any]], chosen: list[Any], asked: list[Any], filtered: list[Any]
) -> None:
    rows(sources, {"dimensions": chosen, "measures": asked, "filters": filtered})
