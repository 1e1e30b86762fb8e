"""Workers killed in mid-plan: another one finishes it, once, or it is shown as failed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.models import Dashboard, DataSource, Report, Schedule
from common import clock
from common.jobs import settlement
from common.jobs.models import Job
from tests.common.jobs.kinds import lines
from tests.common.jobs.processes import ROOT, Processes, kill, wait_for
from tests.wizard.execution.plans import (
    chain,
    confirm,
    planned,
    reviewed,
    stored_files,
    upload_csv,
)
from tests.world import World
from wizard.models import WizardSession

pytestmark = pytest.mark.django_db(transaction=True)


class Workers(Processes):
    def _popen(self, arguments: tuple[str, ...], stdout: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.wizard.execution.worker", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=stdout,
            text=True,
        )


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(REDIS_URL="")
    yield workers
    workers.end()


def status(session: WizardSession) -> str:
    session.refresh_from_db()
    return session.status


def everything() -> list[int]:
    return [model.objects.count() for model in (DataSource, Report, Dashboard, Schedule)]


def confirmed_without_file(world: World) -> WizardSession:
    """Confirmed; the file has to be converted again, so the execution has something to do."""
    from catalog.models.sources import stored_path

    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    for name in stored_files():
        stored_path(name).unlink()
    return confirm(session)


def test_killed_while_preparing(world: World, workers: Workers, tmp_path: Path) -> None:
    log = tmp_path / "log"
    session = confirmed_without_file(world)
    first = workers.start("prepare", str(log))
    wait_for(lambda: lines(log))
    kill(first)
    assert (everything(), status(session)) == ([0, 0, 0, 0], "EXECUTING")
    workers.start("plain", str(log))
    wait_for(lambda: status(session) == "COMPLETED")
    assert everything() == [1, 1, 1, 1]
    assert stored_files() == {DataSource.objects.get().files.get().stored}
    assert [line.split()[0] for line in lines(log)] == ["prepare", "prepare", "apply"]


def test_killed_while_applying(world: World, workers: Workers, tmp_path: Path) -> None:
    log = tmp_path / "log"
    session = confirm(reviewed(world.alice, *chain(upload_csv(world.alice))))
    first = workers.start("apply", str(log))
    wait_for(lambda: lines(log))
    kill(first)
    assert (everything(), status(session)) == ([0, 0, 0, 0], "EXECUTING")
    workers.start("plain", str(log))
    wait_for(lambda: status(session) == "COMPLETED")
    assert everything() == [1, 1, 1, 1]
    assert [line.split()[0] for line in lines(log)] == ["apply", "apply"]  # nothing converted


def test_killed_during_the_dry_run(world: World, workers: Workers, tmp_path: Path) -> None:
    log = tmp_path / "log"
    session = planned(world.alice, *chain(upload_csv(world.alice)))
    first = workers.start("apply", str(log))
    wait_for(lambda: "apply" in "".join(lines(log)))
    kill(first)
    assert status(session) == "PLANNING"
    workers.start("plain", str(log))
    wait_for(lambda: status(session) == "CONFIRMING")
    assert (session.dry_run["status"], everything()) == ("done", [0, 0, 0, 0])
    assert [line.split()[0] for line in lines(log)] == ["prepare", "apply", "apply"]


def test_killed_once_too_often(world: World, workers: Workers, tmp_path: Path) -> None:
    log = tmp_path / "log"
    session = confirm(reviewed(world.alice, *chain(upload_csv(world.alice))))
    first = workers.start("apply", str(log))
    wait_for(lambda: lines(log))
    kill(first)
    Job.objects.filter(pk=session.job).update(attempt=3, lease_until=clock.now())
    settlement.reap()
    assert (status(session), everything()) == ("FAILED", [0, 0, 0, 0])
    assert "stopped 3 times" in session.error
    assert (stored_files(), session.prepared) == (set(), {})
