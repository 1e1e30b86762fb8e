"""Where the table begins: title lines above it, its header row, or none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.intake import limits, names
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report, count
from catalog.intake.options import IntakeOptions

VALUE = re.compile(
    r"\s*[€$£¥]?\s*[+-]?[0-9][0-9.,'\s]*(e[+-]?[0-9]+)?\s*[€$£¥%]?\s*"
    r"|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T][0-9:.]+.*)?"
    r"|[0-9]{1,2}:[0-9]{2}(:[0-9.]+)?|true|false",
    re.IGNORECASE,
)
YEAR = re.compile(r"(19|20|21)[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Header:
    """``row`` counts from 1, 0 when there is none; ``first`` is the row where data begins."""

    row: int
    first: int
    labels: list[str]  # as written, cleaned; empty where nothing is written


def find_header(rows: Sequence[Sequence[str]], options: IntakeOptions, report: Report) -> Header:
    """``rows`` are the first of the file, from its first line on."""
    width = max((len(_trimmed(row)) for row in rows), default=0)
    if options.header_row is not None:
        return _given(rows, options, width)
    start = options.skip_rows or 0
    top = _top(rows, start)
    if top is None:
        raise IntakeError(
            "The table is empty: no row holds anything.",
            hint="Choose another sheet or file.",
            code="FILE_EMPTY",
        )
    skipped = [number for number in range(start, top) if any(c.strip() for c in rows[number])]
    if skipped:
        first = names.clean_label(next(c for c in rows[skipped[0]] if c.strip()))[:60]
        lines = count(len(skipped), "line")
        report.info(
            "title_rows", f"{lines} above the table left out, beginning with “{first}”.",
            f"row {skipped[0] + 1}",
        )  # fmt: skip
    if _is_data(rows, top):
        report.warn("no_header", "No header row was found; the columns were numbered.")
        return Header(0, top + 1, [""] * width)
    return Header(top + 1, top + 2, _labels(rows[top], width))


def complete_labels(header: Header, report: Report) -> list[str]:
    """Every column gets a label; doubtful ones are reported."""
    empty = [number for number, label in enumerate(header.labels, 1) if not label]
    if empty and header.row:
        report.info(
            "empty_names",
            f"{count(len(empty), 'column')} without a heading got a number as a name.",
            ", ".join(f"column {number}" for number in empty[:5]),
        )
    for label in names.duplicates(header.labels)[:5]:
        report.info(
            "duplicate_names",
            f"The heading “{label}” appears more than once; later columns got a number behind it.",
            f"row {header.row}",
        )
    if len(header.labels) > limits.COLUMNS:
        raise IntakeError(
            f"The table has {len(header.labels):,} columns; at most {limits.COLUMNS:,} are taken.",
            hint="Delete the columns you do not need, or turn the table around.",
            code="FILE_TOO_WIDE",
        )
    return [names.label_or_default(label, n) for n, label in enumerate(header.labels, 1)]


def _given(rows: Sequence[Sequence[str]], options: IntakeOptions, width: int) -> Header:
    row = options.header_row or 0
    if row == 0:
        return Header(0, (options.skip_rows or 0) + 1, [""] * width)
    if row > len(rows):
        raise IntakeError(
            f"Row {row} was chosen as the header, but the table ends at row {len(rows)}.",
            hint="Choose a smaller number.",
            code="FILE_OPTIONS",
        )
    return Header(row, row + 1, _labels(rows[row - 1], width))


def _top(rows: Sequence[Sequence[str]], start: int) -> int | None:
    """The first row that is nearly as wide as the table: titles are narrower."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    candidates = [n for n in filled[start:] if n]
    if not candidates:
        return None
    typical = Counter(candidates).most_common(1)[0][0]
    if typical == 1 and max(candidates) > 1 and candidates.count(1) < 0.8 * len(candidates):
        typical = min(n for n in candidates if n > 1)
    enough = typical if typical <= 2 else max(2, (typical + 1) // 2)
    for index in range(start, min(len(rows), start + limits.HEADER_ROWS)):
        if filled[index] >= enough:
            return index
    return next(index for index in range(start, len(rows)) if filled[index])


def _is_data(rows: Sequence[Sequence[str]], top: int) -> bool:
    """A header names things; a row with values above values of the same kind is data."""
    row = rows[top]
    cells = [cell for cell in row if cell.strip()]
    values = [cell for cell in cells if VALUE.fullmatch(cell.strip())]
    if not values:
        return False
    years = all(YEAR.fullmatch(cell.strip()) for cell in values)
    if years and len(set(values)) == len(values) and len(cells) > 1:
        return False
    if len(values) == len(cells):
        return True
    below = [other for other in rows[top + 1 : top + 21] if any(c.strip() for c in other)]
    return any(
        VALUE.fullmatch(cell.strip()) and _values_below(below, column)
        for column, cell in enumerate(row)
    )


def _values_below(below: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column].strip() for row in below if len(row) > column and row[column].strip()]
    return bool(cells) and sum(1 for c in cells if VALUE.fullmatch(c)) >= 0.8 * len(cells)


def _labels(row: Sequence[str], width: int) -> list[str]:
    cells = [names.clean_label(cell) for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = list(row)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells
