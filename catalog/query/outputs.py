"""A column of the result while its query is being compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.sql.elements import ColumnElement

from catalog.query.result import ColumnType, ResultColumn
from catalog.query.scope import Source


@dataclass(frozen=True, slots=True)
class Output:
    key: str
    label: str
    type: ColumnType
    sql: ColumnElement[Any]
    role: Literal["dimension", "measure", "computed"]
    source: Source | None = None
    aggregate: str | None = None
    grain: str | None = None
    scale: int | None = None
    size: int = 1

    @property
    def hidden(self) -> bool:
        """Shown as dots. A count of a masked column is a plain number."""
        return self.role == "dimension" and self.source is not None and self.source.masked

    def column(self) -> ResultColumn:
        return ResultColumn(
            key=self.key,
            label=self.label,
            type=self.type,
            source_column=self.source.info.name if self.source else None,
            aggregate=self.aggregate,
            grain=self.grain,
        )
