"""Parquet: types are known; checked by reading all of it and written anew."""

from __future__ import annotations

from pathlib import Path

import duckdb

from catalog.connectors.base import BaseType
from catalog.intake import limits, names
from catalog.intake.engine import identifier, quoted
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report
from catalog.intake.staged import Column, Staged

TYPES: dict[str, tuple[BaseType, str]] = {
    "BOOLEAN": ("boolean", "BOOLEAN"),
    "TINYINT": ("integer", "BIGINT"),
    "SMALLINT": ("integer", "BIGINT"),
    "INTEGER": ("integer", "BIGINT"),
    "BIGINT": ("integer", "BIGINT"),
    "UTINYINT": ("integer", "BIGINT"),
    "USMALLINT": ("integer", "BIGINT"),
    "UINTEGER": ("integer", "BIGINT"),
    "UBIGINT": ("decimal", "DECIMAL(38, 0)"),
    "HUGEINT": ("decimal", "DECIMAL(38, 0)"),
    "FLOAT": ("number", "DOUBLE"),
    "DOUBLE": ("number", "DOUBLE"),
    "VARCHAR": ("text", "VARCHAR"),
    "UUID": ("text", "VARCHAR"),
    "DATE": ("date", "DATE"),
    "TIME": ("time", "TIME"),
    "TIMESTAMP": ("datetime", "TIMESTAMP"),
    "TIMESTAMP_S": ("datetime", "TIMESTAMP"),
    "TIMESTAMP_MS": ("datetime", "TIMESTAMP"),
    "TIMESTAMP_NS": ("datetime", "TIMESTAMP"),
    "TIMESTAMP WITH TIME ZONE": ("datetime", "TIMESTAMP"),
}


def stage(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, report: Report
) -> tuple[Staged, list[Column]]:
    scan = f"read_parquet({quoted(str(path))})"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        total = connection.execute(f"SELECT count(*) FROM {scan}").fetchone()
    except duckdb.Error as error:
        raise broken(name) from error
    if len(described) > limits.COLUMNS:
        raise IntakeError(
            f"The table has {len(described):,} columns; at most {limits.COLUMNS:,} are taken.",
            hint="Leave out the columns you do not need.",
            code="FILE_TOO_WIDE",
        )
    rows = int(total[0]) if total else 0
    labels = [names.label_or_default(str(row[0]), n) for n, row in enumerate(described, 1)]
    columns = []
    for stable, label, row in zip(names.stable_names(labels), labels, described, strict=True):
        column = _column(stable, label, str(row[0]), str(row[1]), report)
        if column is not None:
            columns.append(column)
    staged = Staged(
        "parquet", scan, scan, labels, {}, rows=rows, row_word="record",
        header_given=[True] * len(labels),
    )  # fmt: skip
    return staged, columns


def broken(name: str) -> IntakeError:
    return IntakeError(
        f"“{name}” is a damaged Parquet file: it cannot be read to its end.",
        hint="It was probably cut off while copying; upload it again.",
        code="FILE_DAMAGED",
    )


def _column(stable: str, label: str, key: str, type: str, report: Report) -> Column | None:
    source = identifier(key)
    where = f"column {label}"
    evidence = f"stored as {type.lower()}"
    if type in TYPES:
        base, sql_type = TYPES[type]
        sql = f"CAST({source} AS {sql_type})"
        return Column(stable, label, source, base, sql, sql_type, evidence, filled=1)
    if type.startswith("DECIMAL"):
        return Column(stable, label, source, "decimal", source, type, evidence, filled=1)
    if type == "BLOB":
        report.warn("binary_column", f"“{label}” holds binary data and was left out.", where)
        return None
    nested = type.endswith("]") or type.startswith(("STRUCT", "MAP", "UNION"))
    sql = f"CAST(to_json({source}) AS VARCHAR)" if nested else f"CAST({source} AS VARCHAR)"
    if nested:
        report.info("nested_json", f"“{label}” holds nested data; it was kept as JSON text.", where)
    return Column(stable, label, source, "text", sql, "VARCHAR", evidence, filled=1)
