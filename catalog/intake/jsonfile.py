"""JSON: an array of objects, one object a line, or one object that wraps such an array."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from catalog.intake import limits, names
from catalog.intake.engine import identifier, quoted
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report, count
from catalog.intake.options import IntakeOptions
from catalog.intake.staged import Origin, Staged
from catalog.intake.textfile import as_utf8

WRAPPED_BYTES = 64 * 2**20
CLASSES = {
    "text": "'VARCHAR'",
    "number": "'BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT', 'DECIMAL'",
    "boolean": "'BOOLEAN'",
    "nested": "'OBJECT', 'ARRAY'",
}


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
    text = as_utf8(path, name, scratch, report, encoding=options.encoding, whole=True).path
    source = _unwrapped(text, name, scratch, report)
    scan = (
        f"read_json({quoted(str(source))}, format='auto', records=true, maximum_depth=1, "
        f"maximum_object_size={limits.JSON_OBJECT_BYTES}, "
        f"sample_size={-1 if whole else 20_480})"
    )
    try:
        keys = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()]
        return _stage(connection, scan, keys, scratch, report, whole=whole)
    except duckdb.Error as error:
        raise _explained(text, name, error) from error


def _stage(
    connection: duckdb.DuckDBPyConnection,
    scan: str,
    keys: list[str],
    scratch: Path,
    report: Report,
    *,
    whole: bool,
) -> Staged:
    if len(keys) > limits.COLUMNS:
        raise IntakeError(
            f"The objects have {len(keys):,} different keys; at most {limits.COLUMNS:,} are taken.",
            hint="If the keys are data, turn them into values.",
            code="FILE_TOO_WIDE",
        )
    target = scratch / "json.parquet"
    cells = ", ".join(
        f"replace(coalesce({identifier(k)}->>'$', ''), chr(0), '') AS c{i}, "
        f"json_type({identifier(k)}) AS t{i}"
        for i, k in enumerate(keys)
    )
    most = "" if whole else f" LIMIT {limits.SAMPLE_ROWS + 1}"
    connection.execute(
        f"COPY (SELECT row_number() OVER () AS r, {cells} FROM {scan}{most}) "
        f"TO {quoted(str(target))} (FORMAT parquet)"
    )
    table = f"read_parquet({quoted(str(target))})"
    origins, rows = _origins(connection, table, len(keys))
    complete = whole or rows <= limits.SAMPLE_ROWS
    columns = ", ".join(f"nullif(c{i}, '') AS c{i}" for i in range(len(keys)))
    numbered = f"(SELECT r, {columns} FROM {table})"
    labels = [names.label_or_default(key, n) for n, key in enumerate(keys, 1)]
    for label, origin in zip(labels, origins, strict=True):
        if origin.nested:
            report.info(
                "nested_json",
                f"{count(origin.nested, 'cell')} of “{label}” hold objects or lists; they were "
                "kept as JSON text.",
                f"column {label}",
            )
    return Staged(
        "json", numbered, numbered, labels, {}, origins=origins, rows=rows if complete else None,
        complete=complete, row_word="record", header_given=[True] * len(labels),
    )  # fmt: skip


def _origins(
    connection: duckdb.DuckDBPyConnection, table: str, width: int
) -> tuple[list[Origin], int]:
    parts = ["count(*)"]
    for i in range(width):
        parts += [f"count(*) FILTER (t{i} IN ({kinds}))" for kinds in CLASSES.values()]
    row: tuple[Any, ...] = (
        connection.execute(f"SELECT {', '.join(parts)} FROM {table}").fetchone() or ()
    )
    values = iter(row[1:])
    origins = [Origin(**{key: next(values) for key in CLASSES}) for _ in range(width)]
    return origins, int(row[0])


def _unwrapped(path: Path, name: str, scratch: Path, report: Report) -> Path:
    """``{"data": [{…}, …]}`` → the array inside; other files as they are."""
    with path.open(encoding="utf-8") as file:
        head = file.read(4_096).lstrip()
    if not head:
        raise IntakeError(f"“{name}” is empty.", hint="Check the export.", code="FILE_EMPTY")
    if not head.startswith("{") or path.stat().st_size > WRAPPED_BYTES:
        return path
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return path  # one object a line
    lists = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    }
    if len(lists) != 1:
        return path
    key, records = lists.popitem()
    report.info("json_wrapped", f"The table was found under the key “{key}” of the file.", key)
    target = scratch / "unwrapped.json"
    target.write_text(json.dumps(records), encoding="utf-8")
    return target


def _explained(path: Path, name: str, error: duckdb.Error) -> IntakeError:
    """DuckDB counts in bytes and records; people count lines."""
    hint = "A file with an array of objects, or with one object a line, can be read."
    if "non-record" in str(error):
        with path.open(encoding="utf-8") as file:
            empty = file.read(100).split() in ([], ["[]"], ["[", "]"], ["{}"], ["[{}]"])
        if empty:
            return IntakeError(f"“{name}” holds no records.", hint=hint, code="FILE_EMPTY")
        message = f"“{name}” holds single values where objects with names are needed."
        return IntakeError(message, hint=hint, code="FILE_JSON")
    if "maximum_object_size" in str(error):
        message = f"“{name}” holds a record of more than {limits.JSON_OBJECT_BYTES // 2**20} MB."
        return IntakeError(message, hint=hint, code="FILE_JSON")
    where = _where(path)
    return IntakeError(f"“{name}” is not valid JSON{where}.", hint=hint, code="FILE_JSON")


def _where(path: Path) -> str:
    if path.stat().st_size > WRAPPED_BYTES:
        return ""
    text = path.read_text(encoding="utf-8")
    try:
        json.loads(text)
    except RecursionError:
        return ": it is nested too deeply"
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            return f": {error.msg} at line {error.lineno}, column {error.colno}"
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            json.loads(line or "{}")
        except json.JSONDecodeError as error:
            return f": {error.msg} at line {number}, column {error.colno}"
    return ""
