"""What every reader hands on: a table of text cells that DuckDB can scan."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from catalog.connectors.base import BaseType
from catalog.intake.engine import quoted

Kind = Literal["csv", "excel", "parquet", "json", "sqlite"]


@dataclass(slots=True)
class Origin:
    """How the cells of one column were stored, where the format says (not CSV)."""

    text: int = 0
    number: int = 0
    boolean: int = 0
    date: int = 0
    nested: int = 0


@dataclass(slots=True)
class Column:
    """``sql`` reads the staged column as ``sql_type``."""

    name: str
    label: str
    source: str
    type: BaseType = "text"
    sql: str = ""
    sql_type: str = "VARCHAR"
    evidence: str = ""
    filled: int = 0


@dataclass(slots=True)
class Staged:
    """``relation`` scans columns ``c0, c1, …`` (VARCHAR, NULL = empty); ``numbered`` the same with
    ``r``, the row as a spreadsheet program counts. ``origins`` is empty for CSV."""

    kind: Kind
    relation: str
    numbered: str
    labels: list[str]
    options: dict[str, Any]
    decimal: Literal[".", ","] = "."
    day_first: bool | None = None
    day_first_given: bool = False
    origins: list[Origin] = field(default_factory=list)
    rows: int | None = None
    rows_estimate: int | None = None
    complete: bool = True
    sheets: list[dict[str, Any]] = field(default_factory=list)
    sheet: str | None = None
    row_word: str = "row"
    header_given: list[bool] = field(default_factory=list)  # False: the label is made up

    @property
    def columns(self) -> list[str]:
        return [f"c{index}" for index in range(len(self.labels))]

    def only_text(self, index: int) -> bool:
        """The format itself says that all cells are text: "007" in a spreadsheet is no number."""
        if not self.origins:
            return False
        origin = self.origins[index]
        return origin.text > 0 and not (origin.number or origin.boolean)


def scan_csv(path: Path, columns: Sequence[str], *, delimiter: str = ",", skip: int = 0) -> str:
    """DuckDB's scan of a well-formed CSV file; it fails loudly on any other."""
    names = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    return (
        f"read_csv({quoted(str(path))}, auto_detect=false, header=false, columns={{{names}}}, "
        f"delim={quoted(delimiter)}, quote='\"', escape='\"', skip={skip}, nullstr='', "
        f"allow_quoted_nulls=true, max_line_size=16777216)"
    )


def write_rows(path: Path, width: int, rows: Iterable[tuple[int, Sequence[str]]]) -> int:
    """Numbered rows as a file for ``scan_rows``; short rows are filled up, empty ones left out.
    Returns how many were left out."""
    empty = 0
    padding = [""] * width
    with path.open("w", encoding="utf-8", newline="", errors="replace") as file:
        # Quote all: before Python 3.13 a bare "\r" is left unquoted, and DuckDB dislikes line ends
        # within quotes that differ from those between rows.
        write = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
        for number, cells in rows:
            if not any(cells):
                empty += 1
                continue
            write((number, *cells[:width], *padding[len(cells) :]))
    return empty


def scan_rows(path: Path, columns: Sequence[str]) -> str:
    scan = scan_csv(path, ["r", *columns])
    return f"(SELECT CAST(r AS BIGINT) AS r, {', '.join(columns)} FROM {scan})"
