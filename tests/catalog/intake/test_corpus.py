"""Every ugly file: what the preview says, what the conversion writes, or why it is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog.intake.errors import IntakeError
from catalog.intake.worker import convert, inspect
from tests.catalog.intake.corpus import READABLE, REFUSED, Case, sqlite


def built(case: Case, tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    case.build(path)
    return path


def columns_of(result: dict[str, Any]) -> str:
    return " ".join(f"{column['name']}:{column['type']}" for column in result["columns"])


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.id)
def test_conversion(case: Case, tmp_path: Path) -> None:
    path, out = built(case, tmp_path), tmp_path / "out.parquet"
    result = convert(str(path), case.name, case.options, str(out))
    findings = result["report"]["findings"]
    codes = {finding["code"] for finding in findings}
    assert result["kind"] == case.kind
    assert columns_of(result) == case.columns
    assert result["rows"] == case.rows
    assert set(case.findings) <= codes
    assert not codes & set(case.absent)
    assert any(case.says in finding["message"] for finding in findings) or not case.says
    if case.first is not None:
        assert tuple(result["preview"][0]) == case.first
    check_parquet(out, result)
    assert sorted(os.listdir(tmp_path)) == ["out.parquet", "upload"]


def check_parquet(out: Path, result: dict[str, Any]) -> None:
    with closing(duckdb.connect()) as connection:
        names = [column["name"] for column in result["columns"]]
        counts = ", ".join(f'count("{name}")' for name in names)
        found = connection.execute(f"SELECT {counts} FROM read_parquet('{out}')").fetchone()
        assert found == tuple(result["rows"] - column["nulls"] for column in result["columns"])
        described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{out}')").fetchall()
        assert [row[0] for row in described] == names
    assert result["parquet"] == str(out)
    assert result["bytes"] == out.stat().st_size


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.id)
def test_preview_agrees_with_the_conversion(case: Case, tmp_path: Path) -> None:
    path = built(case, tmp_path)
    seen = inspect(str(path), case.name, case.options)
    assert seen["kind"] == case.kind
    sampled = any(f["code"] == "sampled" for f in seen["report"]["findings"])
    if sampled:
        assert seen["rows"] is None
        assert case.rows is not None
        assert 0.5 * case.rows < seen["rows_estimate"] < 2 * case.rows
        return
    assert columns_of(seen) == case.columns
    assert seen["rows"] == case.rows
    if case.first is not None:
        assert tuple(seen["preview"][0]) == case.first
    for column in seen["columns"]:
        assert column["evidence"]
        assert column["label"]
        assert len(column["samples"]) <= 20


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_refusal(case: Case, tmp_path: Path) -> None:
    path, out = built(case, tmp_path), tmp_path / "out.parquet"
    calls: list[Callable[[], object]] = [lambda: inspect(str(path), case.name, case.options)]
    if not case.name.endswith(".db"):
        calls.append(lambda: convert(str(path), case.name, case.options, str(out)))
    for call in calls:
        with pytest.raises(IntakeError) as caught:
            call()
        assert caught.value.code == case.error
        assert case.sentence in caught.value.message
        assert caught.value.message.endswith(".")
        assert caught.value.to_data()["hint"]
    assert os.listdir(tmp_path) == ["upload"]


def test_a_sqlite_database_lists_its_tables(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    sqlite(
        "CREATE TABLE artist (id INTEGER PRIMARY KEY, name NVARCHAR(120), born DATE)",
        "CREATE VIEW old AS SELECT * FROM artist",
        "INSERT INTO artist VALUES (1, 'AC/DC', '1973-11-01')",
    )(path)
    result = inspect(str(path), "music.db")
    assert result["kind"] == "sqlite"
    assert result["sheets"] == [{"name": "artist", "columns": 3}, {"name": "old", "columns": 3}]
    assert columns_of(result) == "id:integer name:text born:date"
    assert result["preview"] == [[1, "AC/DC", "1973-11-01"]]
    with pytest.raises(IntakeError, match="queried in place"):
        convert(str(path), "music.db", {}, str(tmp_path / "out.parquet"))


def test_resolved_options_give_the_same_result_again(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes("Titel\n\nTag;Betrag\n01.02.2024;1,5\n02.02.2024;n/a\n".encode("cp1252"))
    first = convert(str(path), "a.csv", {}, str(tmp_path / "1.parquet"))
    again = convert(str(path), "a.csv", first["options"], str(tmp_path / "2.parquet"))
    assert first["options"]["header_row"] == 3
    assert again["columns"] == first["columns"]
    assert again["preview"] == first["preview"]
