"""The browser of the browser tests: Debian's Chromium, or where ``CHROMIUM`` says it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def found() -> Path:
    """Its path. Where services are required it must be there; else the test is skipped."""
    if not CHROMIUM.exists():
        missing = f"Chromium is missing ({CHROMIUM}; set CHROMIUM to where it is)"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return CHROMIUM


@contextmanager
def launched() -> Iterator[Browser]:
    """A running one. While it runs, its event loop is in the way of tests that have their own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(found()), args=FLAGS)
        yield running
        running.close()
