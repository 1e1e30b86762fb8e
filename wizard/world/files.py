"""Uploads as the dialogue reads them: looked at once for each choice of options."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.cache import cache

from accounts.models import User
from catalog.connectors import execute
from catalog.connectors.base import Connection, SourceError, TableInfo
from catalog.connectors.tables import table_info
from catalog.intake.errors import IntakeError
from catalog.intake.run import inspect_file
from catalog.intake.tables import file_table
from catalog.models import Upload
from catalog.running import holders_of
from wizard.dialogue.catalog import Sheet, UploadInfo

KEPT_SECONDS = 24 * 3600


def find(user: User, upload_id: str) -> Upload | None:
    try:
        key = UUID(upload_id)
    except ValueError:
        return None
    return Upload.objects.visible_to(user).filter(pk=key).first()


def look(upload: Upload, options: dict[str, Any]) -> UploadInfo:
    """What the file holds, read with ``options``. What cannot be read is the answer's
    ``problem``; a file that has gone missing is one as well."""
    try:
        found = _found(upload, options)
        tables = (
            _database(upload) if found["kind"] == "sqlite" else (file_table(upload.name, found),)
        )
    except (IntakeError, SourceError) as error:
        problem = f"{error.message} {error.hint}".strip()
        return UploadInfo(
            str(upload.pk),
            upload.name,
            upload.sha256,
            upload.kind,
            problem=problem,
            options=options,
        )
    return UploadInfo(
        id=str(upload.pk),
        name=upload.name,
        sha256=upload.sha256,
        kind=found["kind"],
        sheets=() if found["kind"] == "sqlite" else _sheets(found),
        sheet=(found.get("sheet") or "") if found["kind"] != "sqlite" else "",
        tables=tables,
        warnings=tuple(found.get("warnings") or ()),
        options=found.get("options") or {},
        rows=found.get("rows"),
    )


def _found(upload: Upload, options: dict[str, Any]) -> dict[str, Any]:
    """The inspection; each choice of options is paid for once a day."""
    if not options:
        return dict(upload.inspection)
    text = json.dumps(options, sort_keys=True, default=str)
    key = f"wizard:look:{upload.pk}:{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = inspect_file(upload.path, upload.name, options)
        found.pop("preview", None)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _sheets(found: dict[str, Any]) -> tuple[Sheet, ...]:
    return tuple(
        Sheet(sheet["name"], sheet.get("rows"), sheet.get("columns"))
        for sheet in found.get("sheets") or ()
    )


def _database(upload: Upload) -> tuple[TableInfo, ...]:
    key = f"wizard:tables:{upload.pk}"
    found = cache.get(key)
    if found is None:
        connection = Connection(kind="sqlite", config={"path": str(upload.path)})
        found = [
            asdict(table)
            for table in execute.introspect(connection, holders=holders_of(upload.owner))
        ]
        cache.set(key, found, KEPT_SECONDS)
    return tuple(table_info(table) for table in found)
