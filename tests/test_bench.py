"""The measurement runs and tells what it promises; how fast anything is, is not asked here."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from reportmanager.bench import figures, load
from reportmanager.bench.figures import Figure
from tests.test_settings import ROOT, environment


def test_a_small_run_measures_everything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "--json", "--rows", "2000", "--seconds", "0.2"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    names = " ".join(figure["name"] for figure in found["figures"])
    wanted = ("upload", "Dashboard of 8", "Trivial view", "16 clients", "Memory", "Queries")
    for promised in (*wanted, "relay", "First token"):
        assert promised in names
    assert all(figure["value"] > 0 for figure in found["figures"] if "over" not in figure["name"])
    assert "cores" in found["machine"]
    pages = {f["name"]: f for f in found["figures"] if f["name"].startswith("Queries")}
    assert len(pages) >= 8
    assert [name for name, figure in pages.items() if not figure["met"]] == []


def test_deeds_take_turns() -> None:
    order: list[str] = []
    deeds = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    medians = load.milliseconds(deeds, 4)
    assert set(medians) == {"a", "b"}
    assert order == ["a", "b"] * (4 + load.WARM)


def test_throughput_counts_every_client() -> None:
    seen: set[int] = set()
    rate = load.per_second([partial(seen.add, client) for client in range(4)], 0.05)
    assert seen == {0, 1, 2, 3}
    assert rate > 0


def test_a_failing_client_fails_the_measurement() -> None:
    def fail() -> None:
        raise RuntimeError("answered 500")

    with pytest.raises(RuntimeError, match="500"):
        load.per_second([fail], 0.01)


def test_the_table_shows_goals_and_verdicts() -> None:
    rows = [Figure("Upload", 2.345, "s", "≤ 3 s", True), Figure("Memory", 1234.5, "MB", note="all")]
    text = figures.table(rows)
    assert "| Upload | 2.35 s | ≤ 3 s ✓ |" in text
    assert "| Memory | 1,234 MB |  | all |" in text
