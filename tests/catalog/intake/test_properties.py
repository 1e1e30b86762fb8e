"""What must hold for every table and every heading."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from contextlib import closing
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from catalog.intake.limits import NAME_CHARACTERS
from catalog.intake.names import RESERVED, clean_label, stable_names
from catalog.intake.worker import convert

CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)
ODD = st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "a,b", '"x"', " ", "\t", ";", "'", "\\"])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    row = st.lists(CELL | ODD, min_size=width, max_size=width).filter(any)
    return draw(st.lists(row, min_size=1, max_size=8))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]))
def test_any_table_survives_row_for_row(
    rows: list[list[str]], delimiter: str, line_end: str
) -> None:
    width = len(rows[0])
    labels = [f"h{n}" for n in range(width)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([labels, *rows])
    readable = list(csv.reader(io.StringIO(buffer.getvalue(), newline=""), delimiter=delimiter))
    assume(readable == [labels, *rows])  # before 3.13 the writer leaves a bare "\r" unquoted
    options = {
        "delimiter": delimiter,
        "header_row": 1,
        "encoding": "utf-8",
        "types": dict.fromkeys(labels, "text"),
    }
    with tempfile.TemporaryDirectory() as directory:
        path, out = Path(directory, "in.csv"), Path(directory, "out.parquet")
        path.write_bytes(buffer.getvalue().encode())
        result = convert(str(path), "in.csv", options, str(out))
        with closing(duckdb.connect()) as connection:
            found = connection.execute(f"SELECT * FROM read_parquet('{out}')").fetchall()
    assert [column["label"] for column in result["columns"]] == labels
    assert [[cell or "" for cell in row] for row in found] == rows


@given(st.lists(st.text(max_size=90), max_size=40))
def test_names_are_unique_and_need_no_quotes(labels: list[str]) -> None:
    names = stable_names(clean_label(label) for label in labels)
    assert len(names) == len(labels)
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert len(name) <= NAME_CHARACTERS
        assert name not in RESERVED


@given(st.lists(st.sampled_from(["a", "A", "a_2", "a 2", "", "column 1", "x" * 80]), max_size=30))
def test_names_that_collide_stay_apart(labels: list[str]) -> None:
    names = stable_names(labels)
    assert len({name.lower() for name in names}) == len(labels)
    assert max((len(name) for name in names), default=0) <= NAME_CHARACTERS


@given(st.text())
def test_labels_are_visible_text_on_one_line(text: str) -> None:
    label = clean_label(text)
    assert label == label.strip()
    assert label.isprintable() or all(c.isprintable() or c.isspace() for c in label)
    assert "\n" not in label


def test_every_reserved_word_of_the_engine_is_avoided() -> None:
    with closing(duckdb.connect()) as connection:
        words = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
        for name in stable_names(word for (word,) in words):
            connection.execute(f"SELECT {name} FROM (SELECT 1 AS {name})")
