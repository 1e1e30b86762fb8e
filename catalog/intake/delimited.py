"""CSV and TSV: DuckDB reads the file itself when it is well formed; else Python rewrites it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from catalog.intake import limits
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report, count, listed
from catalog.intake.header import Header, complete_labels, find_header
from catalog.intake.options import IntakeOptions
from catalog.intake.staged import Staged, scan_csv, scan_rows, write_rows
from catalog.intake.textfile import TextFile, as_utf8

DELIMITERS = (",", ";", "\t", "|")
COMMA = re.compile(r"[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})|[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+")
POINT = re.compile(r"[+-]?[0-9]+\.([0-9]{1,2}|[0-9]{4,})|[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+")
CLUTTER = re.compile(r"[€$£¥%\s]|CHF|EUR|USD|GBP")


@dataclass(frozen=True, slots=True)
class Sample:
    rows: list[list[str]]
    complete: bool  # the whole file
    quoting: Literal[0, 3]  # csv.QUOTE_MINIMAL or csv.QUOTE_NONE
    lines: list[int]  # physical lines read up to and with each row
    characters: int


def stage(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    options: IntakeOptions,
    scratch: Path,
    report: Report,
    *,
    whole: bool,
) -> Staged:
    """Not ``whole``: only the first rows, for a preview."""
    text = as_utf8(path, name, scratch, report, encoding=options.encoding, whole=whole)
    head, complete = _head(text)
    delimiter, skip_line = _delimiter(head, options, name)
    sample = _sample(head, delimiter, complete=complete)
    if skip_line:
        options = options.model_copy(update={"skip_rows": max(options.skip_rows or 0, 1)})
    header = find_header(sample.rows, options, report)
    labels = complete_labels(header, report)
    staged = _described(text, options, sample, header, delimiter, labels)
    staged.complete = sample.complete or whole
    if whole and not _well_formed(connection, text.path, staged, sample, header, delimiter, report):
        _rewrite(text, sample, header, delimiter, staged, scratch, report)
    if not whole:
        _stage_sample(sample, header, staged, scratch, report, text.size)
    return staged


def _head(text: TextFile) -> tuple[str, bool]:
    with text.path.open("rb") as file:
        data = file.read(limits.SAMPLE_BYTES)
        more = bool(file.read(1)) or not text.complete
    return data.decode("utf-8", "ignore"), not more


def _delimiter(head: str, options: IntakeOptions, name: str) -> tuple[str, bool]:
    """The character between cells, and whether the first line only names it (``sep=;``)."""
    hint = re.match(r"\ufeff?sep=(.)\r?\n", head)
    if hint:
        return options.delimiter or hint[1], True
    if options.delimiter:
        return options.delimiter, False
    short = head[: 128 * 2**10]
    best = max(DELIMITERS, key=lambda d: _fit(short, d))
    return (best if _fit(short, best)[0] > 0 else ("\t" if name.endswith(".tsv") else ",")), False


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """How regular the rows are when cut at ``delimiter``, and how wide."""
    try:
        rows = [row for row, _ in zip(_reader(text, delimiter), range(300), strict=False) if row]
    except csv.Error:
        return (0.0, 0)
    widths = Counter(len(row) for row in rows)
    wide = {width: times for width, times in widths.items() if width > 1}
    if not wide:
        return (0.0, 0)
    width, times = max(wide.items(), key=lambda item: (item[1], item[0]))
    return (round(times / len(rows), 1), width)


def _reader(text: str, delimiter: str, quoting: Literal[0, 3] = 0) -> Iterator[list[str]]:
    csv.field_size_limit(limits.CELL_CHARACTERS)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)


def _sample(head: str, delimiter: str, *, complete: bool) -> Sample:
    most = limits.SAMPLE_ROWS + limits.HEADER_ROWS
    quoting: Literal[0, 3] = 0
    if _unbalanced(head, delimiter, complete=complete):
        quoting = csv.QUOTE_NONE
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, quoting=quoting)
    try:
        for row in reader:
            if len(rows) == most:
                complete = False
                break
            rows.append(row)
            lines.append(reader.line_num)
        else:
            if not complete and len(rows) > 1:  # the last row is cut off
                rows.pop()
                lines.pop()
    except csv.Error as error:
        raise too_long(len(rows) + 1) from error
    used = sum(len(line) for line in head.splitlines(keepends=True)[: lines[-1] if lines else 0])
    return Sample(rows, complete, quoting, lines, used)


def _unbalanced(head: str, delimiter: str, *, complete: bool) -> bool:
    """A quotation mark that is opened and never closed swallows the rest of the file."""
    if head.count('"') % 2 == 0 and complete:
        return False
    last: list[str] = []
    try:
        for row in _reader(head, delimiter):
            last = row
    except csv.Error:
        return True
    breaks = max((cell.count("\n") for cell in last), default=0)
    return breaks > (0 if complete else 200)


def _described(
    text: TextFile,
    options: IntakeOptions,
    sample: Sample,
    header: Header,
    delimiter: str,
    labels: list[str],
) -> Staged:
    decimal = options.decimal or _decimal(sample.rows[header.first - 1 :], delimiter)
    resolved = {
        "header_row": header.row,
        "skip_rows": options.skip_rows or 0,
        "delimiter": delimiter,
        "encoding": text.encoding,
        "decimal": decimal,
    }
    day_first = options.day_first
    if day_first is None and (decimal == "," or delimiter == ";"):
        day_first = True
    return Staged(
        "csv", "", "", labels, resolved, decimal=decimal, day_first=day_first,
        day_first_given=options.day_first is not None,
        header_given=[bool(label) for label in header.labels],
    )  # fmt: skip


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> Literal[".", ","]:
    comma = point = 0
    for row in rows[:1_000]:
        for cell in row:
            bare = CLUTTER.sub("", cell)
            comma += bool(COMMA.fullmatch(bare))
            point += bool(POINT.fullmatch(bare))
    if comma == point:
        return "," if delimiter == ";" else "."
    return "," if comma > point else "."


def _well_formed(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    staged: Staged,
    sample: Sample,
    header: Header,
    delimiter: str,
    report: Report,
) -> bool:
    """Let DuckDB read the file as it is, if all of it has the width of the sample."""
    width = len(staged.labels)
    skip = header.first - 1
    rows = sample.rows[skip:]
    plain = sample.quoting == csv.QUOTE_MINIMAL and len(delimiter) == 1 and delimiter != '"'
    same_lines = skip == 0 or sample.lines[skip - 1] == skip
    if not (plain and same_lines and rows and all(len(row) == width for row in rows)):
        return False
    scan = scan_csv(path, staged.columns, delimiter=delimiter, skip=skip)
    keep = f"coalesce({', '.join(staged.columns)}) IS NOT NULL"
    counts = ", ".join(f"count({column})" for column in staged.columns)
    try:
        first = connection.execute(f"SELECT * FROM {scan} LIMIT 50").fetchall()
        total = connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {keep}), {counts} FROM {scan}"
        ).fetchone()
    except duckdb.Error:
        return False
    if first != [tuple(cell or None for cell in row) for row in rows[:50]] or total is None:
        return False
    _report_empty(total[0] - total[1], report)
    staged.rows = total[1]
    staged.relation = f"(SELECT * FROM {scan} WHERE {keep})"
    numbered = f"SELECT row_number() OVER () + {skip} AS r, * FROM {scan}"
    staged.numbered = f"(SELECT * FROM ({numbered}) WHERE {keep})"
    return True


def _rewrite(
    text: TextFile,
    sample: Sample,
    header: Header,
    delimiter: str,
    staged: Staged,
    scratch: Path,
    report: Report,
) -> None:
    """Row by row in Python, for files that are not regular; nothing in them gets lost."""
    rows = _Rows(text.path, delimiter, sample.quoting, header.first)
    width, quoting = _measure(rows, report)
    rows.quoting = quoting
    _report_ragged(rows, len(staged.labels), width, report)
    if width > len(staged.labels):
        extra = range(len(staged.labels) + 1, width + 1)
        staged.labels = [*staged.labels, *(f"Column {number}" for number in extra)]
        staged.header_given += [False] * len(extra)
    if width > limits.COLUMNS:
        raise IntakeError(
            f"A row has {width:,} cells; at most {limits.COLUMNS:,} columns are taken.",
            hint="Check the delimiter and the quotation marks.",
            code="FILE_TOO_WIDE",
        )
    target = scratch / "rows.csv"
    _report_empty(write_rows(target, len(staged.labels), rows), report)
    staged.relation = staged.numbered = scan_rows(target, staged.columns)


def _measure(rows: _Rows, report: Report) -> tuple[int, Literal[0, 3]]:
    width = 0
    last: tuple[int, Sequence[str]] = (0, ())
    for last in rows:
        if len(last[1]) > width:
            width = max(width, len(_without_tail(last[1])))
    number, row = last
    swallowed = any("\n" in cell for cell in row) and _odd_quotes(rows.path)
    if rows.quoting == csv.QUOTE_NONE or swallowed:
        where = f"row {number}" if swallowed else ""
        report.warn(
            "unbalanced_quotes",
            "A quotation mark is opened and never closed; quotation marks were taken literally.",
            where,
        )
        rows.quoting = csv.QUOTE_NONE
        return max((len(_without_tail(row)) for _, row in rows), default=0), csv.QUOTE_NONE
    return width, rows.quoting


def _odd_quotes(path: Path) -> bool:
    total = 0
    with path.open("rb") as file:
        while chunk := file.read(4 * 2**20):
            total += chunk.count(b'"')
    return total % 2 == 1


def _report_ragged(rows: _Rows, width: int, widest: int, report: Report) -> None:
    short: list[int] = []
    long: list[int] = []
    shorts = longs = 0
    for number, row in rows:
        if not any(row):
            continue
        if len(row) < width:
            shorts += 1
            short += [number] if len(short) < limits.ROWS_NAMED else []
        elif len(row) > width and len(_without_tail(row)) > width:
            longs += 1
            long += [number] if len(long) < limits.ROWS_NAMED else []
    if shorts:
        verb = "has" if shorts == 1 else "have"
        message = f"{count(shorts, 'row')} {verb} fewer cells than the header; the rest is empty"
        report.warn("short_rows", f"{message}: {listed(short, shorts)}.", listed(short, shorts))
    if longs:
        verb = "has" if longs == 1 else "have"
        message = f"{count(longs, 'row')} {verb} more cells than the header"
        kept = f"they are in {count(widest - width, 'further column')}"
        report.warn("long_rows", f"{message}; {kept}: {listed(long, longs)}.", listed(long, longs))


def _report_empty(empty: int, report: Report) -> None:
    if empty:
        report.info("empty_rows", f"{count(empty, 'empty row')} left out.")


def _without_tail(row: Sequence[str]) -> Sequence[str]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def too_long(row: int) -> IntakeError:
    return IntakeError(
        f"Row {row} holds a cell of more than {limits.CELL_CHARACTERS:,} characters, or a "
        "quotation mark that is never closed.",
        hint="Check the row in a text editor.",
        code="CELL_TOO_LONG",
    )


@dataclass(slots=True)
class _Rows:
    """The data rows with their numbers; may be iterated more than once."""

    path: Path
    delimiter: str
    quoting: Literal[0, 3]
    first: int

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(limits.CELL_CHARACTERS)
        number = 0
        with self.path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter, quoting=self.quoting)
            try:
                for number, row in enumerate(reader, start=1):
                    if number >= self.first:
                        yield number, row
            except csv.Error as error:
                raise too_long(number + 1) from error


def _stage_sample(
    sample: Sample, header: Header, staged: Staged, scratch: Path, report: Report, size: int
) -> None:
    width = len(staged.labels)
    most = max(100, min(limits.SAMPLE_ROWS, limits.SAMPLE_CELLS // width))
    data = sample.rows[header.first - 1 :]
    staged.complete = sample.complete and len(data) <= most
    target = scratch / "sample.csv"
    numbered = list(enumerate(data[:most], start=header.first))
    empty = write_rows(target, width, numbered)
    staged.relation = staged.numbered = scan_rows(target, staged.columns)
    if staged.complete:
        staged.rows = len(numbered) - empty
        _report_empty(empty, report)
    else:
        per_row = max(1.0, sample.characters / max(1, len(sample.rows)))
        staged.rows_estimate = int(size / per_row)
