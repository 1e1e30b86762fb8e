"""What the catalog's API answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field


class UploadOut(Schema):
    id: UUID
    name: str
    size: int
    sha256: str
    kind: str
    sheets: list[dict[str, Any]]
    columns: list[dict[str, Any]]
    warnings: list[str]
    expiresAt: datetime


class ColumnOut(Schema):
    name: str
    label: str
    type: str
    semantic: str
    nullable: bool
    sensitive: bool


class TableOut(Schema):
    name: str
    label: str
    kind: str
    rows: int | None
    columns: list[ColumnOut]


class SourceOut(Schema):
    id: int
    key: UUID
    name: str
    description: str
    kind: str
    status: str
    project: int
    version: int
    url: str


class SourceSchemaOut(Schema):
    id: int
    name: str
    kind: str
    tables: list[TableOut]


class SourceIn(Schema):
    uploadId: UUID
    name: str = Field("", max_length=200)
    description: str = Field("", max_length=2000)
    project: int | None = None
    sheet: str = ""
    options: dict[str, Any] = {}


class ReportDataOut(Schema):
    id: int
    name: str
    columns: list[dict[str, Any]]
    rows: list[list[Any]]
    truncated: bool
    durationMs: float
    asOf: str
    cached: bool
    sql: str
    notes: list[str]
