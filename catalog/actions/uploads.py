"""Uploads: received in chunks, looked at in the sandbox, kept for a day."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import require
from catalog.intake.run import inspect_file
from catalog.models import Upload
from common import clock
from common.http.problems import Problem

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


class FileRefused(Problem):
    """The file cannot be taken in; ``detail`` says what and where, ``hint`` what to do."""

    def __init__(self, message: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__("FILE_REFUSED", f"{message} {hint}".strip(), fields={"file": [message]})
        self.hint = hint
        self.reason = reason


def receive_upload(*, actor: User, name: str, chunks: Iterable[bytes]) -> Upload:
    """Store the chunks, inspect the file, and keep both; raises ``FileRefused``.

    Nothing stays on disk or in the database when the file is refused.
    """
    require(actor, "catalog.add_datasource")
    upload = Upload(
        organization=actor.organization,
        owner=actor,
        name=safe_name(name),
        expires_at=clock.now() + timedelta(hours=settings.UPLOAD_HOURS),
    )
    upload.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        upload.size, upload.sha256 = _store(upload.path, chunks)
        upload.inspection = inspect_file(upload.path, upload.name, {})
        upload.kind = upload.inspection["kind"]
        with transaction.atomic():
            upload.save()
            facts = {"size": upload.size, "sha256": upload.sha256}
            audit.record("upload.received", actor=actor, target=upload, changes=facts)
    except BaseException:
        upload.path.unlink(missing_ok=True)
        raise
    return upload


def reinspect_upload(*, upload: Upload, options: dict[str, Any]) -> Upload:
    """Look again with other options (sheet, header row, delimiter, types …).

    What is kept is how the file was read, together with the types that were asked for: the
    conversion reads it in the same way.
    """
    found = inspect_file(upload.path, upload.name, options)
    asked = {name: options[name] for name in ("types", "day_first") if name in options}
    upload.inspection = found | {"options": found.get("options", {}) | asked}
    upload.save(update_fields=["inspection", "updated_at"])
    return upload


def discard_expired() -> int:
    """Delete uploads that nobody made into a source in time. Returns how many."""
    count = 0
    for upload in Upload.objects.expired().iterator():
        upload.path.unlink(missing_ok=True)
        upload.delete()
        count += 1
    _sweep()
    return count


def _sweep() -> None:
    """Remove old files without a row: a process died while it received them."""
    folder = Path(settings.MEDIA_ROOT) / "uploads"
    oldest = (clock.now() - timedelta(hours=settings.UPLOAD_HOURS)).timestamp()
    old = [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < oldest]
    for start in range(0, len(old), 500):
        batch = {path.name: path for path in old[start : start + 500] if _is_ours(path.name)}
        rows = Upload.objects.filter(pk__in=batch).values_list("pk", flat=True)
        for name in batch.keys() - {str(pk) for pk in rows}:
            batch[name].unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def safe_name(name: str) -> str:
    """The file's name without folders, control and direction characters; never empty."""
    base = _UNSAFE.sub(" ", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    stem, dot, ending = base.rpartition(".")
    short = f"{stem[: 250 - len(ending)]}{dot}{ending}" if dot and len(ending) < 20 else base[:250]
    return short or "upload"


def _store(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    limit = settings.MAX_UPLOAD_MB * 2**20
    size, digest = 0, hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise Problem(
                    "PAYLOAD_TOO_LARGE",
                    _("The file is larger than %(limit)s MB, the most that is accepted.")
                    % {"limit": settings.MAX_UPLOAD_MB},
                )
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise FileRefused(_("The file is empty."), hint=_("Choose a file with data in it."))
    return size, digest.hexdigest()
