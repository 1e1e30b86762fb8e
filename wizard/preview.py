"""The chart beside the questions, drawn before anything exists: from the source that is there, or
from the uploaded file, converted for the preview alone and forgotten after a day."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.connectors.base import Connection, SourceError
from catalog.drawing import Drawn, drawn_or_error
from catalog.intake.errors import IntakeError
from catalog.intake.run import convert_file
from catalog.models import DataSource, Upload
from catalog.query.result import Result
from catalog.running import context_for, run_connection, run_query
from wizard.dialogue.drafts import Preview, SourceDraft
from wizard.plan.model import FileSpec, SecretRef
from wizard.world import files

LARGEST_MB = 50
KEPT_SECONDS = 24 * 3600


def picture(preview: Preview, *, user: User, secrets: Mapping[str, str], title: str) -> Drawn:
    """What cannot be drawn is a sentence in the picture's place."""
    return drawn_or_error(lambda: _result(preview, user, secrets), preview.chart, title=title)


def key_of(preview: Preview) -> str:
    """The same for the same picture: the page keeps what it has drawn."""
    source = preview.source
    file = source.file and [source.file.upload_id, source.file.sheet, source.file.options]
    parts = [source.existing, file, preview.query.model_dump(mode="json")]
    text = json.dumps([*parts, preview.chart.model_dump(mode="json")], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def discard_old() -> int:
    """Delete conversions made for previews a day ago. Returns how many."""
    old = [
        path
        for path in _folder().glob("*.parquet")
        if time.time() - path.stat().st_mtime > KEPT_SECONDS
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _result(preview: Preview, user: User, secrets: Mapping[str, str]) -> Result:
    if preview.source.existing is not None:
        source = DataSource.objects.visible_to(user).filter(pk=preview.source.existing).first()
        if source is None:
            raise SourceError(_("This data source is not there any more."))
        return run_query(source, preview.query, reader=user)
    key = f"wizard:preview:{user.pk}:{key_of(preview)}"
    stored = cache.get(key)
    if stored is not None:
        return Result.from_json(stored)
    connection = _connection(preview.source, user, secrets)
    result = run_connection(connection, preview.query, reader=user, context=context_for(None, user))
    cache.set(key, result.to_json(), 600)
    return result


def _connection(source: SourceDraft, user: User, secrets: Mapping[str, str]) -> Connection:
    if source.file is None:
        return _database(source, secrets)
    upload = files.find(user, source.file.upload_id)
    if upload is None:
        raise SourceError(_("The uploaded file is not there any more."))
    if upload.kind == "sqlite":
        return Connection(kind="sqlite", config={"path": str(upload.path)})
    if upload.size > LARGEST_MB * 2**20:
        raise SourceError(_("The file is too large for a preview. The dry run will show it."))
    path = str(_converted(upload, source.file))
    tables = [
        {
            "name": table.name,
            "label": table.label,
            "path": path,
            "columns": [{"name": c.name, "label": c.label, "type": c.type} for c in table.columns],
        }
        for table in source.tables
    ]
    return Connection(kind=upload.kind, config={}, tables=tables)


def _database(source: SourceDraft, secrets: Mapping[str, str]) -> Connection:
    config: dict[str, Any] = {}
    secret: dict[str, str] = {}
    for name, value in source.connection.items():
        if isinstance(value, SecretRef):
            secret[name] = secrets.get(value.name, "")
        else:
            config[name] = value
    return Connection(kind=source.kind, config=config, secret=secret)


def _converted(upload: Upload, file: FileSpec) -> Path:
    options = {**file.options, **({"sheet": file.sheet} if file.sheet else {})}
    text = json.dumps(options, sort_keys=True, default=str)
    path = _folder() / f"{upload.pk}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.parquet"
    if not path.exists():
        try:
            convert_file(upload.path, upload.name, options, path)
        except IntakeError as error:
            raise SourceError(error.message, hint=error.hint) from None
    return path


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "previews"
