from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.connectors import worker
from catalog.connectors.base import SourceError
from catalog.connectors.sqlite.opening import opened, readers
from catalog.query.errors import QueryError
from catalog.sqlguard import SqlRefused

CHINOOK = Path(__file__).parents[2] / "data" / "chinook" / "Chinook_Sqlite.sqlite"
LIMITS = {"rows": 1000, "seconds": 20}
CONTEXT = {"timezone": "Europe/Berlin", "today": "2025-06-15"}


def source(path: Path) -> dict[str, Any]:
    return {"kind": "sqlite", "config": {"path": str(path)}}


def sql(path: Path, text: str, limits: dict[str, Any] = LIMITS, **context: Any) -> dict[str, Any]:
    query = {"kind": "sql", "sql": text, "parameters": context.pop("parameters", {})}
    return worker.run(source(path), query, limits, {**CONTEXT, **context})


def made(path: Path, script: str) -> Path:
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()
    return path


class TestChinook:
    def test_introspection(self) -> None:
        tables = {table["name"]: table for table in worker.introspect(source(CHINOOK))}
        assert len(tables) == 11
        invoice = {column["name"]: column for column in tables["Invoice"]["columns"]}
        assert tables["Invoice"]["rows"] == 412
        assert tables["Invoice"]["foreign_keys"] == [("CustomerId", "Customer", "CustomerId")]
        assert invoice["InvoiceId"]["primary_key"]
        assert invoice["InvoiceDate"]["type"] == "datetime"
        assert (invoice["Total"]["type"], invoice["Total"]["stats"]) == ("decimal", {"scale": 2})
        assert not invoice["Total"]["nullable"]
        assert invoice["BillingState"]["nullable"]
        email = next(c for c in tables["Customer"]["columns"] if c["name"] == "Email")
        assert email["semantic"] == "email"

    def test_test(self) -> None:
        answer = worker.test(source(CHINOOK))
        assert answer["ok"]
        assert "11 tables" in answer["message"]

    def test_revenue_by_country_through_two_joins(self) -> None:
        query = {
            "kind": "builder",
            "table": "InvoiceLine",
            "joins": [
                {"table": "Invoice", "left_column": "InvoiceId", "right_column": "InvoiceId"},
                {
                    "table": "Customer",
                    "left_column": "Invoice.CustomerId",
                    "right_column": "CustomerId",
                },
            ],
            "dimensions": [{"column": "Customer.Country"}],
            "measures": [
                {"aggregate": "sum", "column": "Quantity"},
                {"aggregate": "sum", "column": "UnitPrice"},
            ],
            "limit": 2,
        }
        result = worker.run(source(CHINOOK), query, LIMITS, CONTEXT)
        assert result["rows"] == [["USA", 494, "523.06"], ["Canada", 304, "303.96"]]
        assert not result["truncated"]

    def test_sql(self) -> None:
        result = sql(
            CHINOOK,
            "select BillingCountry as country, count(*) as invoices, max(InvoiceDate) as last "
            "from invoice where BillingCountry <> :without group by 1 order by 2 desc limit 1",
            parameters={"without": "USA"},
        )
        assert [c["label"] for c in result["columns"]] == ["country", "invoices", "last"]
        assert [c["type"] for c in result["columns"]] == ["text", "integer", "datetime"]
        assert result["rows"] == [["Canada", 56, "2025-12-06T00:00:00"]]

    def test_sql_is_capped(self) -> None:
        result = sql(CHINOOK, "select * from Track", {"rows": 10, "seconds": 5})
        assert (len(result["rows"]), result["truncated"]) == (10, True)

    def test_wrong_sql_is_explained(self) -> None:
        with pytest.raises(SourceError, match="no such column: nope"):
            sql(CHINOOK, "select nope from Track")
        with pytest.raises(SqlRefused, match="“users”"):
            sql(CHINOOK, "select * from users")

    def test_masked(self) -> None:
        masked = ["Customer.Email"]
        query = {"kind": "builder", "table": "Customer", "limit": 1}
        result = worker.run(source(CHINOOK), query, LIMITS, {**CONTEXT, "masked": masked})
        assert "•••" in result["rows"][0]
        assert not any("@" in str(cell) for cell in result["rows"][0])
        with pytest.raises(SqlRefused, match="hidden"):
            sql(CHINOOK, "select Email from Customer", masked=masked)
        filtered = {
            **query,
            "filters": [{"column": "Email", "operator": "contains", "values": ["@"]}],
        }
        with pytest.raises(QueryError, match="hidden"):
            worker.run(source(CHINOOK), filtered, LIMITS, {**CONTEXT, "masked": masked})


class TestProtections:
    """Straight on the connection: as if the guard had let it through."""

    @pytest.mark.parametrize(
        "statement",
        [
            "ATTACH ':memory:' AS x",
            "ATTACH 'new.db' AS x",
            "CREATE TABLE x (a)",
            "CREATE TEMP TABLE x (a)",
            "DELETE FROM Artist",
            "UPDATE Artist SET Name = ''",
            "INSERT INTO Artist VALUES (9999, 'x')",
            "DROP TABLE Artist",
            "PRAGMA query_only = OFF",
            "PRAGMA table_info(Artist)",
            "VACUUM INTO 'copy.db'",
            "BEGIN",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM pragma_table_info('Artist')",
            "SELECT load_extension('x')",
            "SELECT zeroblob(100000000)",
            "SELECT replace(hex(printf('%.*c', 20000000, 'x')), '7', 'xxxxxxxx')",
        ],
    )
    def test_refused(self, statement: str, tmp_path: Path) -> None:
        copy = Path(shutil.copy(CHINOOK, tmp_path / "c.sqlite"))
        before = copy.read_bytes()
        with (
            pytest.raises(SourceError),
            opened(str(copy), seconds=5, authorizer=readers()) as database,
        ):
            database.execute(statement).fetchall()
        assert copy.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["c.sqlite"]

    def test_texts_do_not_grow_without_bounds(self) -> None:
        statement = "SELECT length(printf('%.*c', 1000000000, 'x'))"
        with opened(str(CHINOOK), seconds=5, authorizer=readers()) as database:
            (length,) = database.execute(statement).fetchone()
        assert length is None or length <= 32 * 2**20

    def test_masked_columns_are_closed_even_through_views(self, tmp_path: Path) -> None:
        path = made(
            tmp_path / "v.sqlite",
            "CREATE TABLE p (id INTEGER, mail TEXT); INSERT INTO p VALUES (1, 'x@y.z');"
            "CREATE VIEW v AS SELECT id, mail AS m FROM p;",
        )
        with opened(str(path), seconds=5, authorizer=readers(["P.Mail"])) as database:
            assert database.execute("SELECT id FROM p").fetchall() == [(1,)]
        for statement in ("SELECT mail FROM p", "SELECT m FROM v", "SELECT count(mail) FROM p"):
            with (
                pytest.raises(SourceError, match="closed"),
                opened(str(path), seconds=5, authorizer=readers(["p.mail"])) as database,
            ):
                database.execute(statement).fetchall()

    def test_what_takes_too_long_is_stopped(self) -> None:
        product = ", ".join(f"Track t{index}" for index in range(6))
        with pytest.raises(SourceError, match=r"longer than 0\.3 seconds") as caught:
            sql(CHINOOK, f"select sum(t0.Bytes) from {product}", {"rows": 5, "seconds": 0.3})
        assert caught.value.code == "QUERY_TIMEOUT"


class TestOddFiles:
    def test_missing(self, tmp_path: Path) -> None:
        answer = worker.test(source(tmp_path / "gone.sqlite"))
        assert not answer["ok"]
        assert "not there any more" in answer["message"]

    def test_not_a_database(self, tmp_path: Path) -> None:
        path = tmp_path / "x.sqlite"
        path.write_bytes(b"This is just some text, much longer than a header." * 50)
        with pytest.raises(SourceError, match="not a SQLite database"):
            worker.introspect(source(path))

    def test_damaged(self, tmp_path: Path) -> None:
        content = bytearray(CHINOOK.read_bytes())
        content[4096 : 4096 * 60] = bytes(4096 * 59)
        path = tmp_path / "x.sqlite"
        path.write_bytes(content)
        with pytest.raises(SourceError) as caught:
            sql(path, "select count(Name), max(Composer) from Track")
        assert str(path) not in str(caught.value)

    def test_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "x.sqlite"
        path.touch()
        answer = worker.test(source(path))
        assert not answer["ok"]
        assert "no tables" in answer["message"]

    def test_write_ahead_log_without_its_log(self, tmp_path: Path) -> None:
        path = made(
            tmp_path / "w.sqlite",
            "PRAGMA journal_mode = wal; CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7);",
        )
        folder = tmp_path / "frozen"
        folder.mkdir()
        copy = Path(shutil.copy(path, folder / "w.sqlite"))
        copy.chmod(0o444)
        folder.chmod(0o555)
        assert sql(copy, "select a from t")["rows"] == [[7]]

    def test_types_come_from_values(self, tmp_path: Path) -> None:
        path = made(
            tmp_path / "t.sqlite",
            "CREATE TABLE t (a TEXT, b DATE, c, d NUMERIC, e INTEGER, f BLOB, g TIME, h TIMESTAMP,"
            "i BOOL, j TEXT, k DATETIME);"
            "INSERT INTO t VALUES ('2024-01-01', '2024-01-01 10:00', 1.5, 3, 'x', x'00ff', '10:30',"
            "1700000000, 1, '2024-01-01T10:00:00Z', 'n/a');"
            "CREATE TABLE bare (a DATE, b DATETIME, c DECIMAL(8,3), d TEXT);"
            "CREATE VIEW broken AS SELECT x FROM missing; CREATE VIEW good AS SELECT a FROM t;",
        )
        tables = {table["name"]: table for table in worker.introspect(source(path))}
        kinds = [column["type"] for column in tables["t"]["columns"]]
        assert kinds == [
            "date", "datetime", "number", "integer", "text", "text", "time", "integer", "boolean",
            "datetime", "text",
        ]  # fmt: skip
        assert [c["type"] for c in tables["bare"]["columns"]] == [
            "date", "datetime", "decimal", "text",
        ]  # fmt: skip
        assert "broken" not in tables
        assert tables["good"]["kind"] == "view"
        row = worker.run(source(path), {"kind": "builder", "table": "t"}, LIMITS, CONTEXT)["rows"][
            0
        ]
        assert row[:7] == ["2024-01-01", "2024-01-01T10:00:00", 1.5, 3, "x", "(binary)", "10:30:00"]

    def test_values_that_do_not_fit_are_noted(self, tmp_path: Path) -> None:
        rows = ", ".join(["('2024-01-01')"] * 300)
        path = made(
            tmp_path / "t.sqlite",
            f"CREATE TABLE t (a TEXT); INSERT INTO t VALUES {rows}, ('soon');",
        )
        result = worker.run(source(path), {"kind": "builder", "table": "t"}, LIMITS, CONTEXT)
        assert result["rows"][-1] == [None]
        assert result["notes"] == ["1 value of “a” is not a date and left empty."]


names = st.text(
    st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=12
)
hostile = st.one_of(
    names,
    st.sampled_from(
        ['a"b', "a'b", "%(x)s", "%s", "100%", ":name", "a:b", "?", "$1", "🙂", "a;b", "--", "/*",
         "__[POSTCOMPILE_x]", "~0~", '"~1~"', "select", "a.b", "d1", "m1", "*", "a\\b", "{0}", " "]
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(hostile, st.lists(hostile, min_size=2, max_size=2, unique_by=str.lower))
def test_any_name_works(
    tmp_path_factory: pytest.TempPathFactory, table: str, columns: list[str]
) -> None:
    if table.lower().startswith(("sqlite_", "pragma_")):
        return
    path = tmp_path_factory.mktemp("names") / "n.sqlite"
    quoted = ['"' + name.replace('"', '""') + '"' for name in [table, *columns]]
    try:
        made(
            path,
            f"CREATE TABLE {quoted[0]} ({quoted[1]} TEXT, {quoted[2]} INTEGER);"
            f"INSERT INTO {quoted[0]} VALUES ('x', 1), ('y', 2), ('x', 3);",
        )
    except sqlite3.OperationalError:  # a name that SQLite itself refuses
        return
    query = {
        "kind": "builder",
        "table": table,
        "dimensions": [{"column": columns[0]}],
        "measures": [{"aggregate": "sum", "column": columns[1]}],
        "filters": [{"column": columns[1], "operator": "gt", "values": [0]}],
    }
    result = worker.run(source(path), query, LIMITS, CONTEXT)
    assert result["rows"] == [["x", 4], ["y", 2]]
