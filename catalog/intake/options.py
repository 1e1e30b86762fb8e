"""What a person may decide instead of us. Stored with the source, named in task plans."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.connectors.base import BaseType

Encoding = Literal["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]


class IntakeOptions(BaseModel):
    """All optional: None is "find out". Rows count from 1, as spreadsheet programs show them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    sheet: str | None = Field(default=None, max_length=200)
    header_row: int | None = Field(default=None, ge=0, le=10_000)  # 0: there is no header
    skip_rows: int | None = Field(default=None, ge=0, le=10_000)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: Encoding | None = None
    decimal: Literal[".", ","] | None = None
    day_first: bool | None = None  # how to read 01/02/2024
    types: dict[str, BaseType] = Field(default_factory=dict)  # by stable column name
