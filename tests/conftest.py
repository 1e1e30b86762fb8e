"""What every test shares: a data directory of its own, fast passwords, and the ``world``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches

# pytest-django has read the settings by the time this file is, so they are changed in place;
# the variable is for the processes that tests start.
DATA_DIR = Path(tempfile.mkdtemp(prefix="rm-tests-"))
os.environ["RM_DATA_DIR"] = str(DATA_DIR)
settings.DATA_DIR = DATA_DIR
settings.MEDIA_ROOT = DATA_DIR / "files"
settings.MEDIA_ROOT.mkdir()
# Never collected into: here pages name the files themselves, whatever a server has collected.
settings.STATIC_ROOT = DATA_DIR / "static"
settings.STATIC_ROOT.mkdir()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: the same locks as in real life, and threads get connections of their own.
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(DATA_DIR / "test.sqlite3")


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rate limits and throttles of one test are none of the next one's business."""
    if "locmem" in settings.CACHES["default"]["BACKEND"].lower():
        for name in settings.CACHES:
            caches[name].clear()


@pytest.fixture
def world(db: None):  # type: ignore[no-untyped-def]
    # Models can only be imported once Django is set up.
    from tests.world import build_world

    return build_world()
