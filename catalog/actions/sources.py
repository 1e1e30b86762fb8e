"""Data sources: made from files, changed, and looked at again.

Making a source has two halves, so that a task plan can prepare without holding the database:
``prepare_source`` does the slow work and leaves a file, ``create_source`` only writes rows.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Project, User
from accounts.permissions import require, require_project
from catalog.actions import base
from catalog.connectors import execute
from catalog.connectors.base import Connection, TableInfo
from catalog.connectors.registry import get as get_connector
from catalog.connectors.tables import table_info
from catalog.intake.run import convert_file
from catalog.intake.tables import file_table
from catalog.models import DataSource, SourceColumn, SourceFile, SourceTable, Upload
from catalog.models.sources import stored_path
from catalog.running import holders_of
from common import clock


@dataclass(frozen=True, slots=True)
class PreparedSource:
    """A source in all but name: its kind, its kept file and what was found in it. JSON-able."""

    kind: str
    stored: str
    original_name: str
    sha256: str
    tables: list[dict[str, Any]]
    sheet: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    size: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PreparedSource:
        return cls(**data)


def prepare_source(
    *,
    actor: User,
    upload: Upload,
    options: dict[str, Any] | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    stem: str = "",
) -> PreparedSource:
    """Convert the upload to Parquet (or keep the SQLite file) and say what is in it.

    Slow; outside any transaction. Raises ``IntakeError`` or ``SourceError``; then nothing is left.
    ``stem`` fixes the random name of the file, so that a second try overwrites the first one's.
    """
    require(actor, get_connector(upload.kind).permission)
    stem = stem or str(uuid.uuid4())
    if upload.kind == "sqlite":
        return _prepare_sqlite(upload, f"{stem}.sqlite")
    stored = f"{stem}.parquet"
    out = stored_path(stored)
    wanted = options or upload.inspection.get("options", {})
    converted = convert_file(
        upload.path,
        upload.name,
        wanted,
        out,
        cancelled=cancelled,
        on_progress=on_progress,
    )
    return PreparedSource(
        kind=upload.kind,
        stored=stored,
        original_name=upload.name,
        sha256=upload.sha256,
        tables=[asdict(file_table(upload.name, converted))],
        sheet=converted.get("sheet") or "",
        options={**wanted, **converted["options"]},
        report=converted["report"],
        rows=converted["rows"],
        size=out.stat().st_size,
    )


def discard_prepared(prepared: PreparedSource) -> None:
    """Undo ``prepare_source``; the compensation of a failed plan."""
    stored_path(prepared.stored).unlink(missing_ok=True)


def discard_stem(stem: str) -> None:
    """The same for a preparation that did not live to tell what it had made."""
    for ending in ("parquet", "sqlite"):
        stored_path(f"{stem}.{ending}").unlink(missing_ok=True)


def create_source(
    *,
    actor: User,
    project: Project,
    name: str,
    prepared: PreparedSource,
    description: str = "",
) -> DataSource:
    """Write the source's rows; the file of ``prepared`` is its from now on."""
    require(actor, get_connector(prepared.kind).permission)
    require_project(actor, project)
    moment = clock.now()
    source = DataSource(
        organization=actor.organization,
        project=project,
        owner=actor,
        name=base.check_name(DataSource, project, name),
        description=description.strip(),
        kind=prepared.kind,
        config={"stored_file": prepared.stored} if prepared.kind == "sqlite" else {},
        tested_at=moment,
        introspected_at=moment,
    )
    return base.create(source, actor=actor, after=lambda saved: _write_tables(saved, prepared))


def update_source(
    *, actor: User, source: DataSource, expected_version: int | None = None, **changes: Any
) -> DataSource:
    """Rename, describe, move, restrict or reconfigure a source."""
    require(actor, "catalog.change_datasource", source)
    base.check_move(actor, source, changes)
    if {"name", "project"} & changes.keys():
        project = changes.get("project", source.project)
        name = changes.get("name", source.name)
        changes["name"] = base.check_name(DataSource, project, name, keep=source.pk)
    if "config" in changes:
        changes["data_version"] = source.data_version + 1  # leaves the kept results behind
    return base.update(source, actor=actor, changes=changes, expected_version=expected_version)


def _prepare_sqlite(upload: Upload, stored: str) -> PreparedSource:
    path = stored_path(stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(upload.path, path)
    try:
        tables = execute.introspect(
            Connection(kind="sqlite", config={"path": str(path)}), holders=holders_of(upload.owner)
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return PreparedSource(
        kind="sqlite",
        stored=stored,
        original_name=upload.name,
        sha256=upload.sha256,
        tables=[asdict(table) for table in tables],
        rows=sum(table.rows or 0 for table in tables),
        size=path.stat().st_size,
    )


def _write_tables(source: DataSource, prepared: PreparedSource) -> None:
    file = SourceFile.objects.create(
        source=source,
        original_name=prepared.original_name,
        sha256=prepared.sha256,
        stored=prepared.stored,
        sheet=prepared.sheet[:255],
        options=prepared.options,
        report=prepared.report,
        rows=prepared.rows,
        size=prepared.size,
    )
    by_parquet = file if prepared.kind != "sqlite" else None
    tables = [
        SourceTable(
            source=source,
            file=by_parquet,
            position=position,
            name=table["name"],
            label=table["label"][:255],
            kind=table["kind"],
            rows=table["rows"],
            foreign_keys=table["foreign_keys"],
        )
        for position, table in enumerate(prepared.tables)
    ]
    SourceTable.objects.bulk_create(tables)
    SourceColumn.objects.bulk_create(
        SourceColumn(table=row, position=position, **_column(column))
        for row, table in zip(tables, prepared.tables, strict=True)
        for position, column in enumerate(table["columns"])
    )


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {**column, "label": column["label"][:255]}


def tables_of(prepared: PreparedSource) -> list[TableInfo]:
    """The tables as engines know them, before the source is saved."""
    return [table_info(table) for table in prepared.tables]


def connection_of(prepared: PreparedSource) -> Connection:
    """A connection to the prepared file, for previews and dry runs."""
    path = str(stored_path(prepared.stored))
    if prepared.kind == "sqlite":
        return Connection(kind="sqlite", config={"path": path})
    tables = [{**table, "path": path} for table in prepared.tables]
    return Connection(kind=prepared.kind, config={}, tables=tables)


def require_file_kind(kind: str) -> None:
    """Refuse kinds that are not made from an upload."""
    if not get_connector(kind).extensions:
        raise base.Invalid(kind=_("This kind of data source is not made from a file."))
