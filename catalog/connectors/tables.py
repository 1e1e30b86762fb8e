"""Tables as a ``Connection`` carries them (plain data) and as the engines know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.connectors.semantics import semantic


def table_info(data: Mapping[str, Any]) -> TableInfo:
    return TableInfo(
        name=data["name"],
        label=data.get("label") or data["name"],
        columns=[column_info(column) for column in data.get("columns") or ()],
        rows=data.get("rows"),
        kind=data.get("kind") or ("file" if data.get("path") else "table"),
        foreign_keys=[(key[0], key[1], key[2]) for key in data.get("foreign_keys") or ()],
    )


def column_info(data: Mapping[str, Any]) -> ColumnInfo:
    return ColumnInfo(
        name=data["name"],
        label=data.get("label") or data["name"],
        type=data["type"],
        semantic=data.get("semantic") or semantic(data["name"], data["type"]),
        nullable=data.get("nullable", True),
        primary_key=data.get("primary_key", False),
        sensitive=data.get("sensitive", False),
        stats=dict(data.get("stats") or {}),
    )


def table_data(table: TableInfo) -> dict[str, Any]:
    """For the way out of a sandbox child; ``table_info`` reads it back."""
    return asdict(table)
