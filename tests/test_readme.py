"""The README keeps its promises."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_every_make_target_it_names_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", README))
    assert {"run", "test", "demo", "bench", "check"} <= named
    assert named <= targets()


def test_commands_the_makefile_calls_exist() -> None:
    called = set(re.findall(r"\$\(MANAGE\) (\w+)", MAKEFILE))
    done = subprocess.run(
        [sys.executable, "manage.py", "help", "--commands"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert called <= set(done.stdout.split())


def test_the_python_versions_are_those_of_the_package() -> None:
    wanted = re.search(r'requires-python = ">=(\d+\.\d+)', (ROOT / "pyproject.toml").read_text())
    assert wanted
    assert f"Python {wanted[1]} or newer" in README


@pytest.mark.parametrize("name", ["dashboard.png", "dashboard-dark.png"])
def test_the_screenshots_are_of_a_desktop(name: str) -> None:
    content = (ROOT / "docs" / "images" / name).read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1440, 900)
    assert f"docs/images/{name}" in README
