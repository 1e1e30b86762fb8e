"""SQLite databases stay what they are: verified here, queried in place by their connector."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalog.connectors.base import BaseType
from catalog.intake import limits, names
from catalog.intake.errors import IntakeError
from catalog.intake.options import IntakeOptions
from catalog.intake.semantics import semantic_of
from catalog.intake.values import plain

BUSY = 10_000  # virtual-machine steps between two looks at the budget
STEPS = 20_000  # times BUSY: the check of a hostile file ends


def inspect(path: Path, name: str, options: IntakeOptions) -> dict[str, Any]:
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        ) as db:
            _limit(db)
            verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise _damaged(name, str(verdict))
            return _described(db, name, options)
    except sqlite3.Error as error:
        raise _damaged(name, str(error)) from error


def _limit(db: sqlite3.Connection) -> None:
    steps = 0

    def tick() -> int:
        nonlocal steps
        steps += 1
        return int(steps > STEPS)

    db.execute("PRAGMA query_only=1")
    db.execute("PRAGMA trusted_schema=0")
    db.execute("PRAGMA cell_size_check=1")
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 50_000_000)
    db.set_progress_handler(tick, BUSY)


def _described(db: sqlite3.Connection, name: str, options: IntakeOptions) -> dict[str, Any]:
    found = db.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
    ).fetchall()
    tables = [row[0] for row in found]
    if not tables:
        raise IntakeError(
            f"“{name}” is a database without tables.", hint="Check the file.", code="FILE_EMPTY"
        )
    if options.sheet is not None and options.sheet not in tables:
        raise IntakeError(
            f"“{name}” has no table “{options.sheet}”; it has {', '.join(tables[:10])}.",
            hint="Choose one of its tables.",
            code="FILE_OPTIONS",
        )
    chosen = options.sheet or tables[0]
    columns, preview = _table(db, chosen)
    sheets = [{"name": t, "columns": len(_table_info(db, t))} for t in tables]
    return {
        "kind": "sqlite", "sheets": sheets, "sheet": chosen, "options": {"sheet": chosen},
        "columns": columns, "rows": None, "preview": preview,
    }  # fmt: skip


def _table_info(db: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    escaped = table.replace('"', '""')
    return [(row[1], row[2]) for row in db.execute(f'PRAGMA table_info("{escaped}")')]


def _table(db: sqlite3.Connection, table: str) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    escaped = table.replace('"', '""')
    info = _table_info(db, table)
    rows = db.execute(f'SELECT * FROM "{escaped}" LIMIT {limits.PREVIEW_ROWS}').fetchall()
    columns = []
    for index, (column, declared) in enumerate(info):
        type = base_type(declared)
        samples = [row[index] for row in rows if row[index] is not None]
        semantic, sensitive = semantic_of(column, column, type, samples, None, None)
        columns.append({
            "name": column, "label": names.label_or_default(column, index + 1), "type": type,
            "semantic": semantic, "sensitive": sensitive,
            "evidence": f"declared as {declared.lower() or 'anything'}",
            "nulls": None, "distinct": None, "samples": [],
        })  # fmt: skip
    return columns, [[plain(cell) for cell in row] for row in rows]


def base_type(declared: str) -> BaseType:
    """SQLite's own affinity rules, with dates and booleans by their declared names."""
    text = declared.upper()
    if "BOOL" in text:
        return "boolean"
    if "DATETIME" in text or "TIMESTAMP" in text:
        return "datetime"
    if "DATE" in text:
        return "date"
    if "INT" in text:
        return "integer"
    if any(word in text for word in ("DEC", "NUMERIC", "MONEY")):
        return "decimal"
    return "number" if any(word in text for word in ("REAL", "FLOA", "DOUB")) else "text"


def _damaged(name: str, why: str) -> IntakeError:
    return IntakeError(
        f"“{name}” is a damaged SQLite database: {why.splitlines()[0]}.",
        hint="Copy it again while no program has it open.",
        code="FILE_DAMAGED",
    )
