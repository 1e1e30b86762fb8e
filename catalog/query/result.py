"""What a query gives back, in a form that crosses process borders as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

ColumnType = Literal["integer", "decimal", "number", "text", "boolean", "date", "datetime", "time"]
Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """``key`` is the field key (d1, m1, c1); ``type`` says how to read the cells:
    dates and datetimes are ISO 8601 strings, ``decimal`` cells are exact decimal strings."""

    key: str
    label: str
    type: ColumnType
    source_column: str | None = None
    aggregate: str | None = None
    grain: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    columns: list[ResultColumn]
    rows: list[list[Cell]]
    truncated: bool = False
    duration_ms: float = 0.0
    as_of: str = ""
    sql: str = ""
    cached: bool = False
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        # Not asdict(self): that copies every cell, and rows are the bulk.
        data = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**data, "columns": [asdict(column) for column in self.columns]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        columns = [ResultColumn(**column) for column in data["columns"]]
        return cls(**{**data, "columns": columns})

    def index(self, key: str) -> int:
        """Position of the column with field key ``key``; ``KeyError`` if there is none."""
        for position, column in enumerate(self.columns):
            if column.key == key:
                return position
        raise KeyError(key)
