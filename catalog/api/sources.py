"""Uploads and data sources over the API."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from accounts.access import member
from accounts.models import Project
from accounts.permissions import require
from catalog import queries
from catalog.actions.base import check_name, free_name
from catalog.actions.sources import create_source, discard_prepared, prepare_source
from catalog.actions.uploads import receive_upload
from catalog.api.schemas import SourceIn, SourceOut, SourceSchemaOut, UploadOut
from catalog.connectors.base import SourceError
from catalog.intake.errors import IntakeError
from catalog.models import DataSource, Upload
from common.http.problems import Problem
from common.idempotency import once

router = Router()


@router.post("/uploads", response={201: UploadOut}, summary="Upload a file")
def create_upload(request: HttpRequest, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Kept for a day, only for you; make it a source with ``POST /sources``."""
    return Status(201, _upload_json(_receive(request, file)))


@router.post("/sources", response={201: SourceOut}, summary="Make an upload into a data source")
def create_from_upload(request: HttpRequest, body: SourceIn) -> Status[dict[str, Any]]:
    upload = get_object_or_404(Upload.objects.visible_to(request.user), pk=body.uploadId)
    return Status(201, once(request, lambda: _create(request, upload, body)))


@router.post("/sources/upload", response={201: SourceOut}, summary="Upload and create in one call")
def upload_source(
    request: HttpRequest,
    file: File[UploadedFile],
    name: Form[str] = "",
    description: Form[str] = "",
    sheet: Form[str] = "",
    project: Form[int | None] = None,
) -> Status[dict[str, Any]]:
    def make() -> dict[str, Any]:
        for field, text, most in (("name", name, 200), ("description", description, 2000)):
            if len(text) > most:
                message = _("At most %(n)s characters.") % {"n": most}
                raise Problem("VALIDATION_FAILED", fields={field: [message]})
        upload = _receive(request, file)
        wanted = SourceIn(
            uploadId=upload.pk, name=name, description=description, sheet=sheet, project=project
        )
        return _create(request, upload, wanted)

    return Status(201, once(request, make))


@router.get("/sources/{source_id}/schema", response=SourceSchemaOut, summary="Tables and columns")
def read_schema(request: HttpRequest, source_id: int) -> dict[str, Any]:
    source = get_object_or_404(queries.source_with_tables(request.user), pk=source_id)
    require(member(request), "catalog.view_datasource")
    return {
        "id": source.pk,
        "name": source.name,
        "kind": source.kind,
        "tables": [_table_json(table) for table in source.table_infos()],
    }


def _receive(request: HttpRequest, file: UploadedFile) -> Upload:
    try:
        return receive_upload(
            actor=member(request), name=file.name or "upload", chunks=file.chunks()
        )
    except IntakeError as error:
        raise _refusal(error) from None


def _create(request: HttpRequest, upload: Upload, body: SourceIn) -> dict[str, Any]:
    actor = member(request)
    project = _project(request, body.project)
    stem = upload.name.rpartition(".")[0] or upload.name
    name = body.name.strip()
    name = check_name(DataSource, project, name) if name else free_name(DataSource, project, stem)
    options = {**body.options, **({"sheet": body.sheet} if body.sheet else {})}
    try:
        prepared = prepare_source(actor=actor, upload=upload, options=options or None)
    except (IntakeError, SourceError) as error:
        raise _refusal(error) from None
    try:
        with transaction.atomic():
            source = create_source(
                actor=actor,
                project=project,
                name=name,
                description=body.description,
                prepared=prepared,
            )
    except BaseException:
        discard_prepared(prepared)
        raise
    return _source_json(source)


def _project(request: HttpRequest, pk: int | None) -> Project:
    projects = Project.objects.visible_to(request.user)
    if pk is None:
        return get_object_or_404(projects, is_default=True)
    return get_object_or_404(projects, pk=pk)


def _refusal(error: IntakeError | SourceError) -> Problem:
    return Problem(
        "FILE_REFUSED", f"{error.message} {error.hint}".strip(), fields={"file": [error.message]}
    )


def _upload_json(upload: Upload) -> dict[str, Any]:
    found = upload.inspection
    return {
        "id": upload.pk,
        "name": upload.name,
        "size": upload.size,
        "sha256": upload.sha256,
        "kind": upload.kind,
        "sheets": found.get("sheets") or [],
        "columns": found.get("columns") or [],
        "warnings": found.get("warnings") or [],
        "expiresAt": upload.expires_at,
    }


def _source_json(source: DataSource) -> dict[str, Any]:
    return {
        "id": source.pk,
        "key": str(source.key),
        "name": source.name,
        "description": source.description,
        "kind": source.kind,
        "status": source.status,
        "project": source.project_id,
        "version": source.version,
        "url": reverse("catalog:source-detail", args=[source.pk]),
    }


def _table_json(table: Any) -> dict[str, Any]:
    columns = [
        {
            "name": column.name,
            "label": column.label,
            "type": column.type,
            "semantic": column.semantic,
            "nullable": column.nullable,
            "sensitive": column.sensitive,
        }
        for column in table.columns
    ]
    return {
        "name": table.name,
        "label": table.label,
        "kind": table.kind,
        "rows": table.rows,
        "columns": columns,
    }
