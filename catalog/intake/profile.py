"""Column facts from a typed relation: nulls, distinct values, range, samples, meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from catalog.intake import limits
from catalog.intake.engine import identifier
from catalog.intake.semantics import semantic_of
from catalog.intake.staged import Column
from catalog.intake.values import plain

GROUP = 40


def profile(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]
) -> tuple[list[dict[str, Any]], int]:
    """One entry a column, and the number of rows. ``relation`` has the stable names."""
    facts: list[dict[str, Any]] = []
    rows = 0
    for start in range(0, len(columns), GROUP):
        rows, some = _measure(connection, relation, columns[start : start + GROUP])
        facts += some
    head = connection.execute(f"SELECT * FROM {relation} LIMIT 2000").fetchall()
    for index, (column, fact) in enumerate(zip(columns, facts, strict=True)):
        seen = [row[index] for row in head if row[index] is not None][:200]
        _add_meaning(connection, relation, column, fact, seen, rows)
    return facts, rows


def _measure(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]
) -> tuple[int, list[dict[str, Any]]]:
    parts = ["count(*)"]
    for column in columns:
        name = identifier(column.name)
        parts += [
            f"count({name})",
            f"approx_count_distinct({name})",
            f"min({name})",
            f"max({name})",
        ]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone() or ()
    rows = int(row[0])
    facts = []
    for index, column in enumerate(columns):
        filled, distinct, low, high = row[1 + index * 4 : 5 + index * 4]
        facts.append({
            "name": column.name, "label": column.label, "type": column.type,
            "evidence": column.evidence, "nulls": rows - filled,
            "distinct": min(distinct, filled), "min": plain(low), "max": plain(high),
        })  # fmt: skip
    return rows, facts


def _add_meaning(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    fact: dict[str, Any],
    seen: list[Any],
    rows: int,
) -> None:
    semantic, sensitive = semantic_of(
        column.name, column.label, column.type, seen, fact["distinct"], rows - fact["nulls"]
    )
    fact |= {"semantic": semantic, "sensitive": sensitive, "samples": []}
    if sensitive:
        fact |= {"min": None, "max": None}
        return
    few = column.type in {"text", "boolean", "integer"} and fact["distinct"] <= limits.FEW_VALUES
    fact["samples"] = _top(connection, relation, column) if few else _first(seen)


def _top(connection: duckdb.DuckDBPyConnection, relation: str, column: Column) -> list[Any]:
    name = identifier(column.name)
    found = connection.execute(
        f"SELECT {name} FROM {relation} WHERE {name} IS NOT NULL "
        f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {limits.SAMPLES}"
    )
    return [plain(row[0]) for row in found.fetchall()]


def _first(seen: list[Any]) -> list[Any]:
    return [plain(value) for value in dict.fromkeys(seen)][:5]
