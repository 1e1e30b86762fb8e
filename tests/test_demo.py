"""``manage.py demo`` on a fresh database: the main job, from spreadsheet to pictures."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.test_settings import ROOT, environment
from wizard.plan.parse import parse


def test_from_spreadsheet_to_dashboard(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=environment(tmp_path, RATE_LIMITS="1000/second", LOG_LEVEL="ERROR"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Dashboard: http://127\.0\.0\.1:8000/dashboards/\d+/$", done.stdout, re.M)
    assert done.stdout.count("✔") == 5
    folder = tmp_path / "demo"
    plan = parse((folder / "plan.xml").read_bytes())
    assert [step.entity.value for step in plan.steps] == [
        "DATA_SOURCE",
        *["REPORT"] * 3,
        "DASHBOARD",
    ]
    drawings, pictures = sorted(folder.glob("*.svg")), sorted(folder.glob("*.png"))
    assert len(drawings) == len(pictures) == 3
    assert all(path.read_bytes().startswith(b"<svg") for path in drawings)
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n") for path in pictures)
