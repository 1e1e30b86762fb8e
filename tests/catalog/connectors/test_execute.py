"""Through a real child process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog.connectors import execute as way
from catalog.connectors.base import Connection, Limits, SourceError
from catalog.query.errors import QueryError
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.sqlguard import SqlRefused

CHINOOK = Path(__file__).parents[2] / "data" / "chinook" / "Chinook_Sqlite.sqlite"
CONTEXT = {"timezone": "UTC", "today": "2024-03-15", "masked": {"Customer.Email"}}


@pytest.fixture(scope="module", autouse=True)
def pool() -> Iterator[None]:
    way.configure(size=1)
    yield
    way.configure(size=2)


@pytest.fixture
def chinook() -> Connection:
    return Connection("sqlite", {"path": str(CHINOOK)})


def ask(connection: Connection, query: Any, seconds: float = 20, **options: Any) -> Any:
    limits = Limits(rows=1000, seconds=seconds)
    return way.execute(connection, query, limits=limits, context=CONTEXT, **options)


def test_rows(chinook: Connection) -> None:
    spec = ReportQuery.model_validate(
        {
            "table": "Invoice",
            "dimensions": [{"column": "InvoiceDate", "grain": "year"}],
            "measures": [{"aggregate": "sum", "column": "Total"}],
        }
    )
    result = ask(chinook, spec)
    assert result.rows[0] == ["2021-01-01", "449.46"]
    assert result.columns[1].type == "decimal"
    assert result.sql.startswith("SELECT strftime(")


def test_introspect_and_test(chinook: Connection) -> None:
    tables = way.introspect(chinook)
    invoice = next(table for table in tables if table.name == "Invoice")
    assert invoice.foreign_keys == [("CustomerId", "Customer", "CustomerId")]
    assert invoice.columns[0].primary_key
    assert way.test(chinook).ok
    assert not way.test(Connection("sqlite", {"path": "/nowhere"})).ok


def test_refusals_come_back_as_themselves(chinook: Connection) -> None:
    with pytest.raises(QueryError) as wrong:
        ask(chinook, ReportQuery.model_validate({"table": "Nope"}))
    assert (wrong.value.path, wrong.value.code) == ("table", "QUERY_REFUSED")
    with pytest.raises(SqlRefused, match="DROP"):
        ask(chinook, SqlQuery(sql="drop table Invoice"))
    with pytest.raises(SqlRefused, match="hidden"):
        ask(chinook, SqlQuery(sql="select Email from Customer"))
    with pytest.raises(SourceError, match="no such column") as failed:
        ask(chinook, SqlQuery(sql="select nope from Customer"))
    assert failed.value.code == "SOURCE_FAILED"


def test_slow_queries_end_with_a_sentence(chinook: Connection) -> None:
    product = ", ".join(f"Track t{index}" for index in range(6))
    with pytest.raises(SourceError, match=r"longer than 0\.5 seconds") as caught:
        ask(chinook, SqlQuery(sql=f"select sum(t0.Bytes) from {product}"), 0.5)
    assert caught.value.code == "QUERY_TIMEOUT"


def test_cancelled(chinook: Connection) -> None:
    product = ", ".join(f"Track t{index}" for index in range(6))
    with pytest.raises(SourceError, match="cancelled"):
        ask(chinook, SqlQuery(sql=f"select sum(t0.Bytes) from {product}"), cancelled=lambda: True)
    assert ask(chinook, SqlQuery(sql="select 1")).rows == [[1]]


def test_memory_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 'x' AS a) TO '{path}' (FORMAT parquet)")
    source = Connection("csv", {}, tables=[{"name": "t", "label": "T", "path": str(path)}])
    grown = "replace(a, 'x', 'xxxxxxxxxxxxxxxx')"
    for _ in range(7):
        grown = f"replace({grown}, 'x', 'xxxxxxxxxxxxxxxx')"
    with pytest.raises(SourceError) as caught:
        ask(source, SqlQuery(sql=f"select length({grown}) from t"))
    assert "memory" in caught.value.message
    assert ask(source, SqlQuery(sql="select a from t")).rows == [["x"]]
