"""The type of each column, with evidence. A column with a few strangers stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from catalog.connectors.base import BaseType
from catalog.intake.decide import Decision
from catalog.intake.findings import Report
from catalog.intake.formats import MARKERS, Format, formats, python_shape
from catalog.intake.staged import Column, Staged
from catalog.intake.tally import Tally, count_cells

GROUP = 40  # columns a query
WANTED: dict[str, set[str]] = {
    "integer": {"integer", "written"},
    "decimal": {"integer", "number", "written"},
    "number": {"integer", "number", "written"},
}


def detect(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    names: Sequence[str],
    forced: dict[str, BaseType],
    report: Report,
) -> list[Column]:
    known = formats(staged.decimal)
    plausible, likely = _plausible(connection, staged, names, forced, known)
    everything = range(len(names))
    tallies = _count(connection, staged, everything, likely, thorough=False)
    open_ones = [i for i in everything if not _settled(tallies[i], plausible[i])]
    for i, tally in _count(connection, staged, open_ones, plausible, thorough=True).items():
        tallies[i], likely[i] = tally, plausible[i]
    columns = []
    for index, name in enumerate(names):
        tally = tallies[index]
        column = Column(name, staged.labels[index], f"c{index}", filled=tally.filled)
        decision = Decision(connection, staged, column, tally, likely[index], report)
        decision.decide(index, forced.get(name))
        columns.append(column)
    return columns


def _count(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    indices: Sequence[int],
    candidates: Sequence[Sequence[Format]],
    *,
    thorough: bool,
) -> dict[int, Tally]:
    tallies: dict[int, Tally] = {}
    for start in range(0, len(indices), GROUP):
        group = indices[start : start + GROUP]
        columns = [f"c{i}" for i in group]
        chosen = [candidates[i] for i in group]
        found = count_cells(connection, staged, columns, chosen, thorough=thorough)
        tallies |= dict(zip(group, found, strict=True))
    return tallies


def _settled(tally: Tally, plausible: Sequence[Format]) -> bool:
    """Nothing is left to find out: all cells fit, or there is nothing they could fit."""
    return not plausible or not tally.filled or tally.filled in tally.hits.values()


def _plausible(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    names: Sequence[str],
    forced: dict[str, BaseType],
    known: list[Format],
) -> tuple[list[list[Format]], list[list[Format]]]:
    """For each column the formats worth counting in the end, and those to count first: the one
    that all of the first values follow."""
    rows = connection.execute(f"SELECT * FROM {staged.relation} LIMIT 1000").fetchall()
    offset = len(rows[0]) - len(names) if rows else 0
    late = [i for i in range(len(names)) if not any(row[i + offset] for row in rows)]
    values = {
        i: [r[i + offset].strip() for r in rows if r[i + offset]][:200] for i in range(len(names))
    }
    if late and len(rows) == 1_000:
        found = connection.execute(
            "SELECT "
            + ", ".join(f"[min(c{i}), max(c{i}), any_value(c{i})]" for i in late)
            + f" FROM {staged.relation}"
        ).fetchone()
        for i, some in zip(late, found or (), strict=True):
            values[i] = [value.strip() for value in some if value]
    plausible: list[list[Format]] = []
    likely: list[list[Format]] = []
    for index, name in enumerate(names):
        chosen = [f for f in known if _wanted(f, forced.get(name))]
        if forced.get(name) is None:
            chosen = _likely(chosen, values[index], staged.only_text(index))
        plausible.append(chosen)
        likely.append(chosen if forced.get(name) else _first_guess(chosen, values[index]))
    return plausible, likely


def _first_guess(chosen: list[Format], values: list[str]) -> list[Format]:
    values = [value for value in values if value and value not in MARKERS]
    for candidate in chosen:
        shape = re.compile(python_shape(candidate.shape))
        if values and all(shape.fullmatch(value) for value in values):
            sibling = candidate.key.replace("dmy", "mdy", 1)
            return [f for f in chosen if f.key in {candidate.key, sibling}]
    return chosen


def _wanted(candidate: Format, forced: BaseType | None) -> bool:
    if forced is None:
        return True
    if forced in WANTED:
        return candidate.key in WANTED[forced]
    return candidate.type == forced


def _likely(known: list[Format], values: list[str], only_text: bool) -> list[Format]:
    values = [value for value in values if value and value not in MARKERS]
    shapes = {f.key: re.compile(python_shape(f.shape)) for f in known}
    fits = {
        key: sum(1 for value in values if shape.fullmatch(value)) for key, shape in shapes.items()
    }
    chosen = {key for key, hits in fits.items() if values and hits >= 0.5 * len(values)}
    if chosen & {"integer", "number"}:
        chosen |= {"integer", "number", "written"}
    if "date_iso" in chosen:
        chosen.add("datetime_iso")
    if only_text:
        chosen -= {"boolean"}
    return [f for f in known if f.key in chosen]
