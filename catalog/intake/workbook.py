"""Spreadsheets (.xlsx, .xlsm, .xls, .xlsb, .ods) through calamine."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from catalog.intake import limits
from catalog.intake.archive import check_archive, damaged, inflate
from catalog.intake.cellxml import (
    CellFacts,
    Workbook,
    column_letters,
    read_cells,
    read_workbook,
)
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report, count
from catalog.intake.header import Header, complete_labels, find_header
from catalog.intake.options import IntakeOptions
from catalog.intake.sniff import Format, password
from catalog.intake.staged import Origin, Staged, scan_rows, write_rows

MIDNIGHT = dt.time()
ODS_FORMULA = re.compile(rb"\btable:formula=")
ODS_ERROR = re.compile(rb'calcext:value-type="error"')


def stage(
    path: Path,
    name: str,
    format: Format,
    options: IntakeOptions,
    scratch: Path,
    report: Report,
    *,
    whole: bool,
) -> Staged:
    if format != "xls":
        check_archive(path, name)
    if format == "ods":
        _refuse_encrypted_ods(path, name)
    book = _xlsx_parts(path, name) if format == "xlsx" else None
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            table = _open(workbook, path, name, book, options, report)
            return _stage(table, options, scratch, report, whole=whole)
    except PasswordError as error:
        raise password(name) from error
    except CalamineError as error:
        if "password" in str(error).lower():
            raise password(name) from error
        raise damaged(name) from error


@dataclass(slots=True)
class _Table:
    sheet: CalamineSheet
    facts: CellFacts
    sheets: list[dict[str, Any]]
    left: int  # columns before the used area
    width: int
    height: int


def _xlsx_parts(path: Path, name: str) -> Workbook:
    try:
        return read_workbook(path)
    except (KeyError, SyntaxError, ValueError, zipfile.BadZipFile) as error:
        raise damaged(name) from error


def _refuse_encrypted_ods(path: Path, name: str) -> None:
    with zipfile.ZipFile(path) as archive:
        listed = "META-INF/manifest.xml" in archive.namelist()
        if listed and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise password(name)


def _open(
    workbook: CalamineWorkbook,
    path: Path,
    name: str,
    book: Workbook | None,
    options: IntakeOptions,
    report: Report,
) -> _Table:
    usable = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [s.name for s in usable if s.visible == SheetVisibleEnum.Visible]
    names = visible + [s.name for s in usable if s.name not in visible]
    sheets: list[dict[str, Any]] = [{"name": s.name} for s in usable]
    if options.sheet is not None and options.sheet not in names:
        raise IntakeError(
            f"“{name}” has no sheet “{options.sheet}”; it has {', '.join(names[:10])}.",
            hint="Choose one of its sheets.",
            code="FILE_OPTIONS",
        )
    for candidate in [options.sheet] if options.sheet is not None else names:
        facts = _facts(path, name, book, candidate)
        sheet = workbook.get_sheet_by_name(candidate)
        entry = next(s for s in sheets if s["name"] == candidate)
        if sheet.start is None or sheet.end is None:
            entry |= {"rows": 0, "columns": 0}
            continue
        height = sheet.end[0] + 1  # calamine's total_height is one less
        entry |= {"rows": height, "columns": sheet.width}
        _tell_choice(candidate, names, options, report)
        _tell_facts(book, facts, sheet, path, report)
        return _Table(sheet, facts, sheets, sheet.start[1], sheet.width, height)
    raise IntakeError(
        f"“{name}” has no filled sheet." if options.sheet is None else (
            f"The sheet “{options.sheet}” is empty."
        ),
        hint="Choose another sheet or file.",
        code="FILE_EMPTY",
    )  # fmt: skip


def _facts(path: Path, name: str, book: Workbook | None, sheet: str) -> CellFacts:
    if book is None or sheet not in book.sheets:
        return CellFacts()
    try:
        facts = read_cells(path, book.sheets[sheet], name)
    except KeyError as error:
        raise damaged(name) from error
    if facts.widest > limits.COLUMNS or facts.last_row * facts.widest > limits.SPREADSHEET_CELLS:
        raise IntakeError(
            f"The sheet “{sheet}” has filled cells as far as column "
            f"{column_letters(facts.widest - 1)}; at most {limits.COLUMNS:,} columns are taken.",
            hint="Delete the stray cells far to the right, or turn the table around.",
            code="FILE_TOO_WIDE",
        )
    return facts


def _tell_choice(chosen: str, names: list[str], options: IntakeOptions, report: Report) -> None:
    if options.sheet is None and len(names) > 1:
        others = ", ".join(f"“{n}”" for n in names if n != chosen)
        report.info(
            "sheet_chosen", f"The sheet “{chosen}” was taken; there is also {others}.", chosen
        )


def _tell_facts(
    book: Workbook | None, facts: CellFacts, sheet: CalamineSheet, path: Path, report: Report
) -> None:
    if book is None and zipfile.is_zipfile(path):
        _count_ods(path, facts)
    if book and book.macros:
        report.info("macros", "The workbook holds macros; they were ignored.")
    if book and book.date_1904:
        report.info("dates_1904", "The workbook counts dates from 1904; they were converted.")
    saved = facts.formulas - len(facts.unsaved)
    if saved:
        verb = "holds a formula; its last saved value was" if saved == 1 else (
            "hold formulas; their last saved values were"
        )  # fmt: skip
        report.info("formulas", f"{count(saved, 'cell')} {verb} taken.", sheet.name)
    if facts.unsaved:
        places = list(facts.unsaved.values())
        report.warn(
            "formulas_unsaved",
            f"{count(len(places), 'formula')} without a saved value left empty: "
            f"{', '.join(places[:5])}{' …' if len(places) > 5 else ''}. Open the file in a "
            "spreadsheet program and save it to have them computed.",
            places[0],
        )
    if facts.errors:
        shown = ", ".join(facts.first_errors)
        verb = "shows an error" if facts.errors == 1 else "show errors"
        report.warn(
            "error_cells",
            f"{count(facts.errors, 'cell')} {verb} and {'is' if facts.errors == 1 else 'are'} "
            f"left empty: {shown or 'see the sheet'}.",
            facts.first_errors[0].split()[0] if facts.first_errors else sheet.name,
        )
    merged = sheet.merged_cell_ranges or []
    if merged:
        areas = ", ".join(_area(*area) for area in merged[:3])
        more = " …" if len(merged) > 3 else ""
        report.info(
            "merged_cells",
            f"{count(len(merged), 'merged area')} ({areas}{more}): only the first cell of each "
            "has the value.",
            _area(*merged[0]),
        )


def _count_ods(path: Path, facts: CellFacts) -> None:
    with zipfile.ZipFile(path) as archive:
        if "content.xml" not in archive.namelist():
            return
        entry = archive.getinfo("content.xml")
    rest = b""
    for chunk in inflate(path, entry, path.name):
        block = rest + chunk
        facts.formulas += len(ODS_FORMULA.findall(block))
        facts.errors += len(ODS_ERROR.findall(block))
        rest = b""


def _area(start: tuple[int, int], end: tuple[int, int]) -> str:
    return f"{column_letters(start[1])}{start[0] + 1}:{column_letters(end[1])}{end[0] + 1}"


def _stage(
    table: _Table, options: IntakeOptions, scratch: Path, report: Report, *, whole: bool
) -> Staged:
    if table.height > limits.ROWS:
        raise IntakeError(
            f"The sheet has {table.height:,} rows; at most {limits.ROWS:,} are taken."
        )
    top = [cells for _, cells, _ in islice(_rows(table), limits.HEADER_ROWS + 100)]
    header = find_header(top, options, report)
    labels = complete_labels(header, report)
    origins = [Origin() for _ in labels]
    most = None if whole else max(100, min(limits.SAMPLE_ROWS, limits.SAMPLE_CELLS // len(labels)))
    target = scratch / "sheet.csv"
    empty = write_rows(target, len(labels), _data(table, header, origins, most))
    columns = [f"c{index}" for index in range(len(labels))]
    scan = scan_rows(target, columns)
    length = table.height - header.first + 1
    complete = most is None or length <= most
    if empty and complete:
        report.info("empty_rows", f"{count(empty, 'empty row')} left out.")
    return Staged(
        "excel", scan, scan, labels,
        {"sheet": table.sheet.name, "header_row": header.row, "skip_rows": options.skip_rows or 0},
        day_first=options.day_first,
        day_first_given=options.day_first is not None, origins=origins, complete=complete,
        rows=length - empty if complete else None, rows_estimate=length,
        sheets=table.sheets, sheet=table.sheet.name,
        header_given=[bool(label) for label in header.labels],
    )  # fmt: skip


def _data(
    table: _Table, header: Header, origins: list[Origin], most: int | None
) -> Iterator[tuple[int, list[str]]]:
    start = header.first - 1
    for number, cells, kinds in islice(_rows(table), start, None if most is None else start + most):
        for index, kind in kinds:
            if index < len(origins):
                origin = origins[index]
                setattr(origin, kind, getattr(origin, kind) + 1)
        yield number, cells


def _rows(table: _Table) -> Iterator[tuple[int, list[str], list[tuple[int, str]]]]:
    """Row number (from 1), cells as text, and how the filled ones were stored."""
    unsaved: dict[int, list[int]] = {}
    for line, column in table.facts.unsaved:
        unsaved.setdefault(line, []).append(column - table.left)
    for index, values in enumerate(table.sheet.iter_rows()):
        row: list[Any] = values
        if index in unsaved:
            row = list(values)
            for column in unsaved[index]:
                if 0 <= column < len(row):
                    row[column] = ""
        cells = [_text(value) for value in row]
        kinds = [(i, _kind(value)) for i, value in enumerate(row) if value != ""]
        yield index + 1, cells, kinds


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "date"


def _text(value: object) -> str:
    """Canonical: whole floats without ".0", dates as ISO."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == MIDNIGHT else value.isoformat(" ")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else str(value)
