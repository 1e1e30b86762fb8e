"""``start --reload``: a changed file starts the command again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportmanager.server import reload
from tests.test_settings import ROOT

MANAGE = """
import os, sys, time
with open("starts", "a") as file:
    print(os.environ["HASHED_STATIC"], *sys.argv[1:], file=file, flush=True)
time.sleep(600)
"""
RUN = "import sys; from pathlib import Path; from reportmanager.server import reload; "
RUN += "reload.run(['start', '--no-demo'], Path(sys.argv[1]))"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "views.py").write_text("one")
    (tmp_path / "manage.py").write_text(MANAGE)
    return tmp_path


@pytest.fixture
def reloader(project: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(project)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    yield process
    process.kill()
    process.wait()


def starts(project: Path, count: int) -> list[str]:
    deadline = time.monotonic() + 30
    file = project / "starts"
    while time.monotonic() < deadline:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.05)
    raise AssertionError("it was not started")


def test_a_changed_file_starts_it_again(project: Path, reloader: subprocess.Popen[bytes]) -> None:
    assert starts(project, 1) == ["false start --no-demo"]
    (project / "catalog" / "views.py").write_text("two, and longer")
    os.utime(project / "catalog" / "views.py", (1, 1))
    assert len(starts(project, 2)) == 2
    reloader.send_signal(signal.SIGTERM)
    assert reloader.wait(timeout=20) == 0


def test_what_is_watched(project: Path) -> None:
    before = reload.snapshot(project)
    (project / "catalog" / "data.csv").write_text("a")
    (project / "node_modules").mkdir()
    (project / "node_modules" / "x.py").write_text("a")
    assert reload.snapshot(project) == before
    (project / "catalog" / "new.py").write_text("a")
    assert reload.snapshot(project) != before
