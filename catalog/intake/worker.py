"""What the sandbox calls: ``inspect`` for a preview, ``convert`` for the real thing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from catalog.intake import delimited, jsonfile, limits, names, parquetfile, sqlitefile, workbook
from catalog.intake.detect import detect
from catalog.intake.engine import connect, identifier, quoted
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report, count
from catalog.intake.options import IntakeOptions
from catalog.intake.profile import profile
from catalog.intake.sniff import Format, sniff
from catalog.intake.staged import Column, Staged
from catalog.intake.values import plain


def inspect(path: str, name: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is in the file, from its first rows; ``rows`` is None when there are more."""
    source, report = Path(path), Report()
    chosen = _options(options)
    format = sniff(source, name)
    if format == "sqlite":
        return _complete(sqlitefile.inspect(source, name, chosen), report)
    with _scratch(None) as scratch, connect(scratch) as connection:
        staged, columns = _stage(
            connection, source, name, format, chosen, scratch, report, whole=False
        )
        relation = "sample"  # read once: a wide file is profiled in many statements
        connection.execute(
            f"CREATE TEMP TABLE {relation} AS "
            f"SELECT * FROM ({_typed(staged, columns)}) LIMIT {limits.SAMPLE_ROWS}"
        )
        facts, rows = profile(connection, relation, columns)
        if not staged.complete:
            report.info(
                "sampled",
                f"Types were found from the first {rows:,} rows; the others are checked when the "
                "file is converted.",
            )
        preview = _preview(connection, relation)
        result = _result(staged, facts, preview, staged.rows)
        result["rows_estimate"] = staged.rows_estimate
    return _complete(result, report)


def convert(
    path: str, name: str, options: dict[str, Any] | None = None, out: str = ""
) -> dict[str, Any]:
    """Write all rows to the Parquet file ``out``; the report covers the whole file."""
    source, target, report = Path(path), Path(out), Report()
    chosen = _options(options)
    format = sniff(source, name)
    if format == "sqlite":
        raise IntakeError(
            f"“{name}” is a SQLite database; it is queried in place.",
            hint="Add it as a SQLite source.",
            code="FILE_KIND",
        )
    with _scratch(target) as scratch, connect(scratch) as connection:
        staged, columns = _stage(
            connection, source, name, format, chosen, scratch, report, whole=True
        )
        written = scratch / "out.parquet"
        _write(connection, _typed(staged, columns), written, name, staged)
        relation = f"read_parquet({quoted(str(written))})"
        facts, rows = profile(connection, relation, columns)
        _check_rows(rows, report)
        preview = _preview(connection, relation)
        written.replace(target)
    result = _result(staged, facts, preview, rows)
    return _complete(result | {"parquet": out, "bytes": target.stat().st_size}, report)


def _options(options: dict[str, Any] | None) -> IntakeOptions:
    try:
        return IntakeOptions.model_validate(options or {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise IntakeError(
            f"The option “{where}” is not valid: {first['msg']}.",
            hint="Change it or leave it out.",
            code="FILE_OPTIONS",
        ) from error


@contextmanager
def _scratch(target: Path | None) -> Iterator[Path]:
    """A directory that is gone afterwards; beside ``target``, where there is room."""
    parent = None if target is None else target.parent
    directory = Path(tempfile.mkdtemp(prefix=".intake-", dir=parent))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _stage(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    format: Format,
    options: IntakeOptions,
    scratch: Path,
    report: Report,
    *,
    whole: bool,
) -> tuple[Staged, list[Column]]:
    if format == "parquet":
        return parquetfile.stage(connection, path, name, report)
    if format == "csv":
        staged = delimited.stage(connection, path, name, options, scratch, report, whole=whole)
    elif format == "json":
        staged = jsonfile.stage(connection, path, name, options, scratch, report, whole=whole)
    else:
        staged = workbook.stage(path, name, format, options, scratch, report, whole=whole)
    stable = names.stable_names(staged.labels)
    unknown = sorted(set(options.types) - set(stable))
    if unknown:
        raise IntakeError(
            f"The file has no column “{unknown[0]}”, for which a type was chosen.",
            hint=f"Its columns are {', '.join(stable[:10])}.",
            code="FILE_OPTIONS",
        )
    columns = detect(connection, staged, stable, dict(options.types), report)
    return staged, _filled(columns, staged, report)


def _filled(columns: list[Column], staged: Staged, report: Report) -> list[Column]:
    """Columns without heading and without a value are not columns."""
    kept = [
        column
        for column, given in zip(columns, staged.header_given, strict=True)
        if given or column.filled
    ]
    dropped = len(columns) - len(kept)
    if dropped and kept:
        report.info("empty_columns", f"{count(dropped, 'empty column')} without heading left out.")
    return kept or columns


def _typed(staged: Staged, columns: list[Column]) -> str:
    cells = ", ".join(f"{column.sql} AS {identifier(column.name)}" for column in columns)
    return f"SELECT {cells} FROM {staged.relation}"


def _write(
    connection: duckdb.DuckDBPyConnection, query: str, target: Path, name: str, staged: Staged
) -> None:
    try:
        connection.execute(
            f"COPY ({query}) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        if staged.kind == "parquet":
            raise parquetfile.broken(name) from error
        raise IntakeError(
            f"“{name}” could not be converted: {str(error).splitlines()[0]}",
            hint="Choose the type text for the column it names, or check the file.",
        ) from error


def _check_rows(rows: int, report: Report) -> None:
    if rows > limits.ROWS:
        raise IntakeError(
            f"The table has {rows:,} rows; at most {limits.ROWS:,} are taken.",
            hint="Split the file, or load it into a database and connect that.",
            code="FILE_TOO_LONG",
        )
    if not rows:
        report.warn("no_rows", "The table has a header but no rows.")


def _preview(connection: duckdb.DuckDBPyConnection, relation: str) -> list[list[Any]]:
    found = connection.execute(f"SELECT * FROM {relation} LIMIT {limits.PREVIEW_ROWS}")
    return [[plain(cell) for cell in row] for row in found.fetchall()]


def _result(
    staged: Staged, facts: list[dict[str, Any]], preview: list[list[Any]], rows: int | None
) -> dict[str, Any]:
    return {
        "kind": staged.kind,
        "sheets": staged.sheets,
        "sheet": staged.sheet,
        "options": {key: value for key, value in staged.options.items() if value is not None},
        "columns": facts,
        "rows": rows,
        "preview": preview,
    }


def _complete(result: dict[str, Any], report: Report) -> dict[str, Any]:
    return result | {"report": report.to_data(), "warnings": report.warnings}
