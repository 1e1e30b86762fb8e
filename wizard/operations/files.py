"""The file a plan names: which upload it is, what is in it, and its lasting form."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from catalog.actions.sources import PreparedSource, discard_prepared, prepare_source
from catalog.models import Upload
from catalog.models.sources import stored_path
from common.http.problems import Problem
from wizard.dialogue.catalog import UploadInfo
from wizard.operations.contexts import CheckContext
from wizard.operations.findings import database
from wizard.plan.model import FileSpec, Finding, Step
from wizard.world.files import look


class FileGone(Problem):
    """The upload a plan was made for is not there any more, or is another one."""

    def __init__(self, message: str) -> None:
        super().__init__("FILE_REFUSED", message, fields={"file": [message]})


def candidates(spec: FileSpec, user: User) -> list[Upload]:
    """The requester's unexpired uploads that the plan may mean, newest first; several with the
    same contents count once. A file that was uploaded again is as good as the one named."""
    rows = Upload.objects.visible_to(user).order_by("-created_at")
    if spec.sha256:
        rows = rows.filter(sha256=spec.sha256)
    if spec.upload_id:
        key = _uuid(spec.upload_id)
        named = rows.filter(pk=key) if key else rows.none()
        found = _here(named)
        if found or not spec.sha256:
            return found
    return _here(rows.filter(name=spec.name))


def _here(rows: Iterable[Upload]) -> list[Upload]:
    found: dict[str, Upload] = {}
    for upload in rows:
        if upload.path.exists():
            found.setdefault(upload.sha256, upload)
    return list(found.values())


def options_of(spec: FileSpec) -> dict[str, Any]:
    return {**spec.options, **({"sheet": spec.sheet} if spec.sheet else {})}


def check_file(
    step: Step, ctx: CheckContext, spec: FileSpec, kind: str
) -> Generator[Finding, None, UploadInfo | None]:
    """What the file holds, or why it cannot be said."""
    found = candidates(spec, ctx.user)
    if not found:
        message = _("There is no upload of yours called “%(name)s”.") % {"name": spec.name}
        if spec.sha256 and candidates(FileSpec(spec.name, spec.upload_id), ctx.user):
            message = _("“%(name)s” is not the file that was reviewed.") % {"name": spec.name}
        hint = _("Uploads are kept for a day. Upload the file again.")
        yield database(step, "missing_upload", message, hint, "fileMetadata")
        return None
    if len(found) > 1:
        words = {"name": spec.name, "count": len(found)}
        message = _("You have %(count)s different uploads called “%(name)s”.") % words
        hint = _("Name the one that is meant by its uploadId or sha256.")
        yield database(step, "ambiguous_upload", message, hint, "fileMetadata")
        return None
    if found[0].kind != kind:
        words = {"name": spec.name, "given": kind, "found": found[0].kind}
        message = _("“%(name)s” is of the type “%(found)s”, not “%(given)s”.") % words
        yield database(step, "wrong_file_kind", message, "", "type")
        return None
    info = look(found[0], options_of(spec))
    if info.problem:
        yield database(step, "unreadable_file", info.problem, "", "fileMetadata")
        return None
    return info


def prepare_file(
    user: User, upload: Upload, spec: FileSpec, cancelled: Any, on_progress: Any
) -> dict[str, Any]:
    """Convert the upload after making sure that its bytes are still the reviewed ones."""
    if not upload.path.exists() or _digest(upload.path) != upload.sha256:
        raise FileGone(_("“%(name)s” was changed after its upload.") % {"name": upload.name})
    source = prepare_source(
        actor=user,
        upload=upload,
        options=options_of(spec),
        cancelled=cancelled,
        on_progress=on_progress,
    )
    return {
        "source": source.to_json(),
        "upload": str(upload.pk),
        "sha256": _digest(stored_path(source.stored)),
    }


def is_usable(prepared: dict[str, Any]) -> bool:
    """The kept file is there, byte for byte."""
    path = stored_path(prepared["source"]["stored"])
    return path.exists() and _digest(path) == prepared["sha256"]


def source_of(prepared: dict[str, Any]) -> PreparedSource:
    return PreparedSource.from_json(prepared["source"])


def discard_file(prepared: dict[str, Any]) -> None:
    discard_prepared(source_of(prepared))


def _digest(path: Any) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
