"""Static files under names that carry a hash of their content, collected without being asked.

``manage.py serve`` calls ``collect()``. Pages name hashed files only while the collected files are
those of this code; otherwise (tests, ``make dev``, a forgotten collection) they name the files
themselves, which browsers are told to ask for again each time. So nothing stale is ever served.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.contrib.staticfiles.utils import get_files
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

STAMP = ".collected"
_SHEETS, _SOURCE_MAPS = HashedFilesMixin.patterns
_IMPORTS: Any = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Whitenoise's storage, which also follows the imports of our own modules (``js/``).

    Other people's modules are left as they are: their comments and source maps name files that
    were never shipped.
    """

    patterns = (_SHEETS, ("js/*.js", _IMPORTS))

    def load_manifest(self) -> tuple[dict[str, str], str]:
        if not settings.HASHED_STATIC or _read(_stamp_file()) != fingerprint():
            return {}, ""
        paths, manifest_hash = super().load_manifest()
        return dict(paths), str(manifest_hash)

    def stored_name(self, name: str) -> str:
        return str(super().stored_name(name)) if self.hashed_files else name

    def get_modified_time(self, name: str) -> Any:
        """Unknown on purpose: an upgrade may bring changed files that look older than ours."""
        raise NotImplementedError


def collect() -> bool:
    """Bring ``STATIC_ROOT`` up to date; true when there was something to do.

    Files of earlier versions stay, for pages that are open in browsers and servers still running.
    """
    if not settings.HASHED_STATIC or _read(_stamp_file()) == fingerprint():
        return False
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / ".lock"):
        if _read(_stamp_file()) == fingerprint():
            return False
        _stamp_file().unlink(missing_ok=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        _stamp_file().write_text(fingerprint(), "utf-8")
    return True


@cache
def fingerprint() -> str:
    """Of the names and contents of every static file of this code, and of how they are changed."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name, path in sorted(_sources()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()


def _sources() -> Iterator[tuple[str, Path]]:
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    for finder in finders.get_finders():
        for storage in finder.storages.values():  # type: ignore[attr-defined]
            prefix = getattr(storage, "prefix", None) or ""
            for name in get_files(storage, ignored):
                yield f"{prefix}/{name}", Path(storage.path(name))


def _stamp_file() -> Path:
    return Path(settings.STATIC_ROOT) / STAMP


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Servers that start together collect one after the other."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
