"""The kinds of the tests as an app, for processes that nobody can tell to import them."""

from __future__ import annotations

from django.apps import AppConfig


class KindsConfig(AppConfig):
    name = "tests.common.jobs"
    label = "tests_jobs"

    def ready(self) -> None:
        from tests.common.jobs import kinds  # noqa: F401  (registers them)
