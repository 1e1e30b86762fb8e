"""DuckDB over Parquet: what it reads, and above all what it does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.connectors import registry, worker
from catalog.connectors.base import SourceError
from catalog.connectors.files import engine
from catalog.query.errors import QueryError
from catalog.sqlguard import SqlRefused

LIMITS = {"rows": 100, "seconds": 20}
CONTEXT = {"timezone": "Europe/Berlin", "today": "2024-03-15"}


def parquet(path: Path, select: str) -> dict[str, Any]:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    table = {"name": "sales", "label": "Sales", "path": str(path)}
    return {"kind": "parquet", "config": {}, "tables": [table]}


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Any]:
    return parquet(
        tmp_path / "sales.parquet",
        "SELECT i AS id, 'r' || (i % 3) AS region, i * 1.25::DECIMAL(10,2) AS revenue, "
        "'p' || i || '@example.org' AS email FROM range(9) t(i)",
    )


def build(
    source: dict[str, Any], context: dict[str, Any] = CONTEXT, **parts: Any
) -> dict[str, Any]:
    return worker.run(source, {"kind": "builder", "table": "sales", **parts}, LIMITS, context)


def sql(source: dict[str, Any], text: str, **context: Any) -> dict[str, Any]:
    query = {"kind": "sql", "sql": text, "parameters": context.pop("parameters", {})}
    limits = {**LIMITS, **context.pop("limits", {})}
    return worker.run(source, query, limits, {**CONTEXT, **context})


def test_registry_lists_files_first() -> None:
    keys = [connector.key for connector in registry.all()]
    assert keys[:4] == ["csv", "excel", "parquet", "json"]
    assert "sqlite" in keys
    assert registry.get("excel").dialect == "duckdb"
    with pytest.raises(SourceError, match="“fax”"):
        registry.get("fax")


def test_test_and_introspect(source: dict[str, Any]) -> None:
    assert worker.test(source)["message"] == "The file can be read: 1 table, 9 rows."
    (table,) = worker.introspect(source)
    assert table["rows"] == 9
    assert [c["type"] for c in table["columns"]] == ["integer", "text", "decimal", "text"]


def test_builder_and_sql(source: dict[str, Any]) -> None:
    measures = [{"aggregate": "sum", "column": "revenue"}]
    result = build(source, dimensions=[{"column": "region"}], measures=measures)
    assert result["rows"] == [["r2", "18.75"], ["r1", "15.00"], ["r0", "11.25"]]
    assert result["as_of"]
    found = sql(
        source,
        "select region, sum(revenue) as total from SALES where id > :low group by 1 order by 1",
        parameters={"low": 6},
    )
    assert found["rows"] == [["r1", "8.75"], ["r2", "10.00"]]
    assert [c["type"] for c in found["columns"]] == ["text", "decimal"]


def test_a_replaced_file_is_read_anew(source: dict[str, Any], tmp_path: Path) -> None:
    count = {"measures": [{"aggregate": "count"}]}
    assert build(source, **count)["rows"] == [[9]]
    parquet(tmp_path / "sales.parquet", "SELECT 1 AS id, 'x' AS region FROM range(4)")
    os.utime(tmp_path / "sales.parquet", ns=(1, 1))
    assert build(source, **count)["rows"] == [[4]]
    (tmp_path / "sales.parquet").unlink()
    with pytest.raises(SourceError, match="not there any more"):
        build(source, **count)


def test_warm_connections_are_kept_few(tmp_path: Path) -> None:
    for index in range(engine.WARM + 3):
        made = parquet(tmp_path / f"{index}.parquet", f"SELECT {index} AS a")
        assert build(made)["rows"] == [[index]]
    assert len(engine._warm) <= engine.WARM


def test_cells(tmp_path: Path) -> None:
    made = parquet(
        tmp_path / "cells.parquet",
        "SELECT 9007199254740993::BIGINT AS big, 'nan'::DOUBLE AS nan, '\\x00'::BLOB AS bytes, "
        "[1, 2] AS list, 12.50::DECIMAL(6,2) AS exact, TIME '10:30' AS clock, "
        "TIMESTAMPTZ '2024-07-01 22:30:00+00' AS instant, NULL::INTEGER AS nothing",
    )
    result = build(made)
    assert result["rows"] == [
        ["9007199254740993", None, "(binary)", "[1, 2]", "12.50", "10:30:00",
         "2024-07-02T00:30:00", None]
    ]  # fmt: skip
    assert [c["type"] for c in result["columns"]][:2] == ["decimal", "number"]
    assert result["notes"] == ["1 value of “nan” is not a number and left empty."]
    assert sql(made, "select timestamptz '2024-07-01 22:30:00+00' as t, 1 as t")["rows"] == [
        ["2024-07-02T00:30:00", 1]
    ]


def test_masked(source: dict[str, Any]) -> None:
    context = {**CONTEXT, "masked": ["sales.email"]}
    assert {row[3] for row in build(source, context)["rows"]} == {"•••"}
    with pytest.raises(QueryError):
        build(source, context, dimensions=[{"column": "email"}], measures=[{"aggregate": "count"}])
    with pytest.raises(SqlRefused):
        sql(source, "select * from sales", masked=["sales.email"])
    with engine.fresh(source["tables"], "UTC", without=["Sales.EMAIL"]) as opened:
        with pytest.raises(duckdb.BinderException):
            opened.execute("SELECT email FROM sales")
        assert len(opened.execute("SELECT * FROM sales").fetchone() or ()) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'http://example.org/x.parquet'",
        "ATTACH '/tmp/x.db'",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "EXPORT DATABASE '/tmp/x'",
        "INSTALL httpfs",
        "LOAD '/tmp/x'",
        "SET memory_limit = '9GB'",
        "SET enable_external_access = true",
        "RESET allowed_paths",
        "PRAGMA threads = 9",
        "SELECT * FROM secret_of_python",
    ],
)
def test_the_connection_itself_is_locked(source: dict[str, Any], statement: str) -> None:
    """As if the guard had let it through."""
    secret_of_python = duckdb.sql("SELECT 42 AS secret")
    assert secret_of_python is not None
    with (
        engine.fresh(source["tables"], "UTC") as opened,
        pytest.raises(duckdb.Error),
    ):
        opened.execute(statement).fetchall()


def test_what_takes_too_long_is_stopped(source: dict[str, Any]) -> None:
    joins = ", ".join(f"sales s{index}" for index in range(9))
    with pytest.raises(SourceError, match=r"longer than 0\.5 seconds") as caught:
        sql(source, f"select sum(s0.id * s8.id) from {joins}", limits={"seconds": 0.5})
    assert caught.value.code == "QUERY_TIMEOUT"


def test_errors_have_no_paths(source: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nope") as caught:
        sql(source, "select nope from sales")
    assert "LINE" not in str(caught.value)
    (tmp_path / "sales.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(SourceError) as caught:
        build(source)
    assert str(tmp_path) not in str(caught.value)


names = st.one_of(
    st.text(
        st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from(['a"b', "it's", "%(x)s", "$1", ":x", "🙂", "?", "__[POSTCOMPILE_x]", "~0~"]),
)


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(names, names)
def test_any_name_works(tmp_path: Path, table: str, column: str) -> None:
    quoted = '"' + column.replace('"', '""') + '"'
    made = parquet(tmp_path / "n.parquet", f"SELECT i % 2 AS {quoted} FROM range(5) t(i)")
    made["tables"][0]["name"] = table
    query = {
        "kind": "builder",
        "table": table,
        "dimensions": [{"column": column}],
        "measures": [{"aggregate": "count", "column": column}],
        "filters": [{"column": column, "operator": "ge", "values": [0]}],
    }
    assert worker.run(made, query, LIMITS, CONTEXT)["rows"] == [[0, 3], [1, 2]]
