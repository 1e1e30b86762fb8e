"""What the intake found in a file, as the table that queries speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog.connectors.base import ColumnInfo, TableInfo

STATS = ("distinct", "nulls", "min", "max", "samples")


def file_table(file_name: str, found: dict[str, Any]) -> TableInfo:
    """The one table of a file; ``found`` is an answer of ``catalog.intake.worker``."""
    return TableInfo(
        name="data",
        label=found.get("sheet") or Path(file_name).stem,
        columns=[_column(column) for column in found["columns"]],
        rows=found.get("rows"),
        kind="file",
    )


def _column(column: dict[str, Any]) -> ColumnInfo:
    return ColumnInfo(
        name=column["name"],
        label=column["label"],
        type=column["type"],
        semantic=column["semantic"],
        sensitive=column.get("sensitive", False),
        stats={name: column[name] for name in STATS if column.get(name) is not None},
    )
