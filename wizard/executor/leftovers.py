"""Files that a killed worker left: converted, but never noted by anybody.

Looked for among the lasting files by their random names, and only when they are older than any
upload can be: whatever a source, a session or a job under way names is never touched.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from catalog.models import DataSource, SourceFile
from catalog.models.sources import stored_path
from common.jobs.models import ACTIVE, JobStep
from wizard.models import WizardSession

log = structlog.get_logger(__name__)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"{_UUID}\.(?:parquet|sqlite)")
_SCRATCH = re.compile(r"\.intake-\w+")


def sweep() -> int:
    """Remove them. Returns how many."""
    folder = stored_path("x").parent
    if not folder.is_dir():
        return 0
    limit = time.time() - settings.UPLOAD_HOURS * 3600
    old = [path for path in folder.iterdir() if _is_old(path, limit)]
    if not old:
        return 0
    known = _known()  # read after the listing: what is new by then is not in the list
    gone = [path for path in old if path.name not in known]
    for path in gone:
        log.warning("a file that belonged to nothing was removed", file=path.name)
        _remove(path)
    return len(gone)


def _is_old(path: Path, limit: float) -> bool:
    if not (_NAME.fullmatch(path.name) or _SCRATCH.fullmatch(path.name)):
        return False
    try:
        return path.stat().st_mtime < limit
    except FileNotFoundError:
        return False


def _known() -> set[str]:
    """Every name that a source, a session or a job under way mentions."""
    steps = JobStep.objects.filter(job__status__in=ACTIVE).values_list("result", flat=True)
    mentions: list[Any] = [
        *DataSource.objects.values_list("config", flat=True),
        *WizardSession.objects.exclude(prepared={}).values_list("prepared", flat=True),
        *steps,
    ]
    found = {match[0] for each in mentions for match in _NAME.finditer(json.dumps(each))}
    return found | set(SourceFile.objects.values_list("stored", flat=True))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
