"""The settings, with the kinds of the tests."""

from __future__ import annotations

from reportmanager.settings import *  # noqa: F403
from reportmanager.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.common.jobs.apps.KindsConfig"]
