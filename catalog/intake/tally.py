"""Counting, in one scan, how many cells of each column follow which format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from catalog.intake.engine import quoted
from catalog.intake.formats import MARKERS, Format
from catalog.intake.staged import Staged


@dataclass(slots=True)
class Tally:
    """One scan's counts for one column."""

    filled: int = 0
    markers: int = 0
    zeros: int = 0
    longest: int = 0
    zoned: int = 0
    symbols: int = 0
    hits: dict[str, int] = field(default_factory=dict)
    scale: int = 0
    whole: int = 0
    exponents: int = 0


def count_cells(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Sequence[str],
    plausible: Sequence[Sequence[Format]],
    *,
    thorough: bool,
) -> list[Tally]:
    """Not ``thorough``: without the empty markers, which columns that fit entirely have none of."""
    cells, parts = [], []
    for column, candidates in zip(columns, plausible, strict=True):
        cells.append(column)
        if candidates:
            cells.append(f"{trimmed(column)} AS {column}_t")
        parts += _counts(column, candidates, thorough=thorough)
    relation = f"(SELECT {', '.join(cells)} FROM {staged.relation})"
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone() or ()
    values = iter(value or 0 for value in row)
    return [_read(values, candidates) for candidates in plausible]


def trimmed(column: str) -> str:
    return f"trim({column}, ' \t\r\n\u00a0')"


def fill(template: str, value: str) -> str:
    return template.replace("{v}", value)


def _counts(column: str, candidates: Sequence[Format], *, thorough: bool) -> list[str]:
    longest = f"max(strlen({column}))"
    if not candidates:
        return [longest, f"count({column})"]
    v = f"{column}_t"
    by_key = {candidate.key: candidate for candidate in candidates}
    markers = ", ".join(quoted(marker) for marker in MARKERS)
    parts = [longest, f"count(*) FILTER ({v} <> '')"]
    parts.append(f"count(*) FILTER ({v} IN ({markers}))" if thorough else "0")
    parts += [f"count(*) FILTER ({fill(c.check, v)})" for c in candidates]
    if "integer" in by_key:
        parts.append(f"count(*) FILTER ({v} >= '00' AND {v} < '0:')")
    if reader := by_key.get("written") or by_key.get("number"):
        parts += _number_counts(v, reader, by_key.get("number"))
    if "datetime_iso" in by_key:
        parts.append(f"count(*) FILTER (regexp_matches({v}, ':.*(Z|UTC|[+-][0-9:]+)$'))")
    return parts


def _number_counts(v: str, reader: Format, plain: Format | None) -> list[str]:
    """Digits after and before the point, currency signs, exponents."""
    read = fill(reader.parse, v)
    if plain is not reader:
        read = f"CASE WHEN {fill(reader.check, v)} THEN {read} END"
    exponent = f"contains(lower({v}), 'e') AND {fill(plain.check, v)}" if plain else "false"
    return [
        f"max(strlen(split_part({read}, '.', 2)))",
        f"max(strlen(ltrim(split_part({read}, '.', 1), '+-')))",
        f"count(*) FILTER (regexp_matches({v}, '[€$£¥A-Z]'))" if plain is not reader else "0",
        f"count(*) FILTER ({exponent})",
    ]


def _read(values: Any, candidates: Sequence[Format]) -> Tally:
    tally = Tally(longest=next(values), filled=next(values))
    if not candidates:
        return tally
    tally.markers = next(values)
    tally.hits = {candidate.key: next(values) for candidate in candidates}
    if "integer" in tally.hits:
        tally.zeros = next(values)
    if "written" in tally.hits or "number" in tally.hits:
        tally.scale, tally.whole = next(values), next(values)
        tally.symbols, tally.exponents = next(values), next(values)
    if "datetime_iso" in tally.hits:
        tally.zoned = next(values)
    return tally
