from __future__ import annotations

import os

import pytest

from catalog.charts.render import SCRIPTS


@pytest.fixture(scope="session")
def scripts() -> list[str]:
    """ECharts and our own script, for the embedded V8."""
    for script in SCRIPTS:
        if not script.exists():
            message = f"{script.name} is not installed: run npm ci and copy the vendored files"
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.fail(message)
            pytest.skip(message)
    return [str(script) for script in SCRIPTS]
