"""What a kind of data source must offer. Pure: pages, wizard, API and docs read the registry.

A connector is a directory under ``catalog/connectors/`` whose ``__init__`` holds one subclass of
``Connector``; ``catalog.connectors.registry`` lists them. Methods block and may be slow: callers
run them in a job or a sandbox child, never in the event loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery

SemanticType = Literal[
    "time", "category", "number", "money", "id", "geo", "text", "boolean",
    "email", "phone", "name", "iban",
]  # fmt: skip
BaseType = Literal["integer", "decimal", "number", "text", "boolean", "date", "datetime", "time"]


class SourceError(Exception):
    """A data source refused or failed; ``str()`` is a sentence for people.

    ``hint`` says what to try, ``code`` is a stable error code of ``common.http.codes``.
    """

    def __init__(self, message: str, *, hint: str = "", code: str = "SOURCE_FAILED") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def to_data(self) -> dict[str, str]:
        return {"message": self.message, "hint": self.hint, "code": self.code}


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """``name`` is what queries say; ``label`` is the header as people wrote it."""

    name: str
    label: str
    type: BaseType
    semantic: SemanticType = "text"
    nullable: bool = True
    primary_key: bool = False
    sensitive: bool = False
    stats: dict[str, Any] = field(default_factory=dict)  # distinct, nulls, min, max, samples


@dataclass(frozen=True, slots=True)
class TableInfo:
    name: str
    label: str
    columns: list[ColumnInfo]
    rows: int | None = None
    kind: Literal["table", "view", "file"] = "table"
    foreign_keys: list[tuple[str, str, str]] = field(default_factory=list)  # column, table, column


@dataclass(frozen=True, slots=True)
class TestResult:
    ok: bool
    message: str
    version: str = ""
    latency_ms: float = 0.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the connection form, drawn by the page, asked by the wizard."""

    name: str
    label: str
    kind: Literal["text", "integer", "password", "choice", "boolean", "upload"] = "text"
    required: bool = True
    secret: bool = False
    default: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """All a connector needs of one source. ``config`` holds no secret. For file kinds
    ``tables`` maps each table name to its Parquet file and columns."""

    kind: str
    config: Mapping[str, Any]
    secret: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[
        Mapping[str, Any]
    ] = ()  # {"name", "label", "path", "columns": [{"name","label","type"}]}


@dataclass(frozen=True, slots=True)
class Limits:
    rows: int = 10_000
    seconds: float = 30.0


class Connector:
    """``key`` names the kind in the database, the API and task plans."""

    key: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    icon: ClassVar[str] = "database"
    category: ClassVar[Literal["file", "database"]]
    dialect: ClassVar[str] = ""  # sqlglot's name
    form_fields: ClassVar[tuple[FormField, ...]] = ()
    extensions: ClassVar[tuple[str, ...]] = ()  # of uploads, with the dot
    permission: ClassVar[str] = "catalog.add_datasource"

    def test(self, connection: Connection) -> TestResult:
        raise NotImplementedError

    def introspect(self, connection: Connection) -> list[TableInfo]:
        raise NotImplementedError

    def run(
        self,
        connection: Connection,
        query: ReportQuery | SqlQuery,
        *,
        limits: Limits,
        context: Mapping[str, Any],
    ) -> Result:
        """Run ``query`` read-only. ``context``: ``timezone`` (IANA) and ``today`` (ISO date) for
        relative dates, ``masked`` (``table.column`` names the reader must not see). Raises
        ``SourceError``, ``QueryError`` and ``SqlRefused``."""
        raise NotImplementedError
