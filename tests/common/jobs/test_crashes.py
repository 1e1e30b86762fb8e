"""Workers that are killed in mid-job, without Redis (SQLite, or what DATABASE_URL names)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.jobs import cancel, submit
from common.jobs.models import Job
from tests.common.jobs.kinds import lines
from tests.common.jobs.processes import Processes, kill, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 6


@pytest.fixture
def processes() -> Iterator[Processes]:
    processes = Processes(REDIS_URL="")
    yield processes
    processes.end()


def status(job: Job) -> str:
    job.refresh_from_db()
    return job.status


def test_another_worker_takes_up_after_the_lease(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = submit("tests.steps", payload={"path": str(path), "count": COUNT, "seconds": 0.4})
    first = processes.start("run_worker")
    wait_for(lambda: "start 2" in lines(path))
    kill(first)
    finished = set(job.steps.values_list("key", flat=True))
    assert {"step-0", "step-1"} <= finished
    assert status(job) == "running"
    second = processes.start("run_worker")
    wait_for(lambda: status(job) == "succeeded")
    done = lines(path)
    assert [line for line in done if line.startswith("begin")] == [
        f"begin {first.pid}",
        f"begin {second.pid}",
    ]
    repeated = done[done.index(f"begin {second.pid}") :]
    for number in range(COUNT):
        assert done.count(f"finish {number}") >= 1
        assert repeated.count(f"start {number}") == (f"step-{number}" not in finished)
    assert (job.attempt, job.result["count"]) == (2, COUNT)


def test_a_transfer_goes_on_elsewhere(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = submit("tests.fetch", payload={"path": str(path), "count": 4, "seconds": 0.4})
    first = processes.start("run_worker", "--lane", "transfer")
    wait_for(lambda: "start 2" in lines(path))
    kill(first)
    finished = job.steps.count()
    assert finished >= 2
    processes.start("run_worker", "--lane", "work")  # its reaper requeues, but it may not run it
    wait_for(lambda: status(job) == "queued")
    processes.start("run_worker", "--lane", "transfer")
    wait_for(lambda: status(job) == "succeeded")
    starts = [line for line in lines(path) if line.startswith("start")]
    assert len(starts) == 5  # the step in flight again, no other
    assert job.attempt == 2


def test_a_worker_of_one_lane_leaves_the_other_alone(processes: Processes, tmp_path: Path) -> None:
    jobs = {
        kind: [submit(kind, payload={"path": str(tmp_path / kind), "count": 1}) for _ in range(2)]
        for kind in ("tests.steps", "tests.fetch")
    }
    processes.start("run_worker", "--lane", "work")
    wait_for(lambda: all(status(job) == "succeeded" for job in jobs["tests.steps"]))
    assert {status(job) for job in jobs["tests.fetch"]} == {"queued"}
    processes.start("run_worker", "--lane", "transfer")
    wait_for(lambda: all(status(job) == "succeeded" for job in jobs["tests.fetch"]))


def test_a_stopped_worker_hands_a_transfer_back(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = submit("tests.patient_fetch", payload={"path": str(path)})
    worker = processes.start("run_worker")
    wait_for(lambda: lines(path))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    assert (status(job), job.attempt, job.owner) == ("queued", 0, "")


def test_two_workers_share_jobs_and_repeat_none(processes: Processes, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(6)]
    jobs = [submit("tests.steps", payload={"path": str(path), "count": 2}) for path in paths]
    for _number in range(2):
        processes.start("run_worker")
    wait_for(lambda: all(status(job) == "succeeded" for job in jobs))
    for path in paths:
        assert len(lines(path)) == 6  # begin, two steps of two lines, end


def test_what_must_not_run_twice_fails_after_a_kill(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = submit("tests.once", payload={"path": str(path), "seconds": 60})
    first = processes.start("run_worker")
    wait_for(lambda: lines(path))
    kill(first)
    processes.start("run_worker")
    wait_for(lambda: status(job) == "failed")
    assert job.error["code"] == "JOB_ABANDONED"
    assert lines(path) == [f"begin {first.pid}", "compensated failed JOB_ABANDONED"]


def test_a_stopped_worker_hands_its_job_back_at_once(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = submit("tests.patient", payload={"path": str(path)})
    worker = processes.start("run_worker")
    wait_for(lambda: lines(path))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    assert status(job) == "queued"
    assert (job.attempt, job.owner) == (0, "")
    assert len(lines(path)) == 1  # no compensation: it goes on elsewhere


def test_a_running_job_is_cancelled_from_another_process(
    processes: Processes, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    job = submit("tests.patient", payload={"path": str(path)})
    processes.start("run_worker")
    wait_for(lambda: lines(path))
    assert cancel(job)
    wait_for(lambda: status(job) == "cancelled")
    assert lines(path)[-1] == "compensated cancelled CANCELLED"


def test_a_job_longer_than_its_lease_keeps_it(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = submit("tests.steps", payload={"path": str(path), "count": 1, "seconds": 5})
    for _number in range(2):
        processes.start("run_worker")
    wait_for(lambda: status(job) == "succeeded")
    assert job.attempt == 1
    assert len(lines(path)) == 4


def test_a_worker_ends_with_its_parent(processes: Processes) -> None:
    orphan = processes.start("run_worker", "--parent", "1")
    assert orphan.wait(timeout=30) == 0
