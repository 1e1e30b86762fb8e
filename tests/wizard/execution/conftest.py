from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def _no_files_of_others() -> Iterator[None]:
    """Each test looks at its own files only."""
    yield
    for folder in ("sources", "uploads"):
        shutil.rmtree(Path(settings.MEDIA_ROOT) / folder, ignore_errors=True)
