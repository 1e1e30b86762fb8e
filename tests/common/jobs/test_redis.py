"""RQ as the carrier, with a real Redis: kills, duplicates, a Redis that forgets everything."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import rq
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from rq.job import Job as Message

from common.jobs.models import Job
from common.realtime.topics import group_of
from tests.common.jobs.kinds import lines
from tests.common.jobs.processes import Processes, kill, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]
WORKER = ("run_worker", "--lane", "work")  # without the process for transfers, which takes its time


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory = tmp_path_factory.mktemp("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(port=port)
        wait_for(lambda: answers(client))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def processes(redis_url: str) -> Iterator[Processes]:
    redis.Redis.from_url(redis_url).flushall()
    processes = Processes(REDIS_URL=redis_url)
    yield processes
    processes.end()


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def deliver(redis_url: str, job: Job) -> Message:
    messages = rq.Queue(connection=redis.Redis.from_url(redis_url))
    return messages.enqueue("common.jobs.rq.run", str(job.pk))


def queue(processes: Processes, kind: str, **payload: Any) -> Job:
    return Job.objects.get(pk=processes.call("submit", kind, json.dumps(payload)))


def status(job: Job) -> str:
    job.refresh_from_db()
    return job.status


def test_workers_carry_jobs(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = queue(processes, "tests.steps", path=str(path), count=2)
    worker = processes.start(*WORKER)
    wait_for(lambda: status(job) == "succeeded")
    assert lines(path)[0] != f"begin {worker.pid}"  # in a child of the worker


def test_worker_and_child_are_killed(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    job = queue(processes, "tests.steps", path=str(path), count=5, seconds=0.4)
    worker = processes.start(*WORKER)
    wait_for(lambda: "start 2" in lines(path))
    kill(worker)
    kill(int(lines(path)[0].removeprefix("begin ")))
    finished = job.steps.count()
    assert finished >= 2
    processes.start("run_scheduler")
    processes.start(*WORKER)
    wait_for(lambda: status(job) == "succeeded")
    starts = [line for line in lines(path) if line.startswith("start")]
    assert len(starts) <= 6  # the step in flight at most was repeated
    for number in range(finished):
        assert starts.count(f"start {number}") == 1
    assert job.attempt == 2


def test_a_job_that_is_delivered_twice_runs_once(
    processes: Processes, redis_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    job = queue(processes, "tests.steps", path=str(path), count=3, seconds=0.2)
    for _number in range(2):
        deliver(redis_url, job)
    for _number in range(2):
        processes.start(*WORKER)
    wait_for(lambda: status(job) == "succeeded")
    late = deliver(redis_url, job)
    wait_for(lambda: late.get_status(refresh=True) == "finished")
    assert len([line for line in lines(path) if line.startswith("begin")]) == 1
    assert len(lines(path)) == 8


def test_a_redis_that_forgot_everything(
    processes: Processes, redis_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    job = queue(processes, "tests.steps", path=str(path), count=1)
    client = redis.Redis.from_url(redis_url)
    assert client.llen("rq:queue:default") == 1
    client.flushall()
    processes.start(*WORKER)
    processes.start("run_scheduler")
    wait_for(lambda: status(job) == "succeeded")
    assert len([line for line in lines(path) if line.startswith("begin")]) == 1


def test_a_redis_that_is_away_loses_no_job(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    there = processes.environment["REDIS_URL"]
    processes.environment["REDIS_URL"] = "redis://127.0.0.1:9/0"
    job = queue(processes, "tests.steps", path=str(path), count=1)
    assert status(job) == "queued"
    processes.environment["REDIS_URL"] = there
    processes.start(*WORKER)
    processes.start("run_scheduler")
    wait_for(lambda: status(job) == "succeeded")


async def test_events_reach_pages_served_by_other_processes(
    processes: Processes, redis_url: str, settings: Any
) -> None:
    settings.REDIS_URL = redis_url
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url]},
        }
    }
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group_of("open:1"), channel)
    await sync_to_async(processes.call)("publish", "open:1", "changed")
    message = await asyncio.wait_for(layer.receive(channel), timeout=30)
    assert (message["topic"], message["event"]) == ("open:1", "changed")


@pytest.fixture
def everywhere(processes: Processes) -> Processes:
    """Also ``manage.py``, which workers start beside them, knows the kinds of the tests."""
    processes.environment["DJANGO_SETTINGS_MODULE"] = "tests.common.jobs.settings"
    return processes


def messages(redis_url: str) -> list[str]:
    client = redis.Redis.from_url(redis_url)
    return [name for queue in rq.Queue.all(connection=client) for name in queue.get_job_ids()]


def is_running(job: Job) -> bool:
    return status(job) == "running"


def test_transfers_are_no_business_of_redis(
    processes: Processes, redis_url: str, tmp_path: Path
) -> None:
    """Neither when they are submitted, nor when lost messages are sent again, nor if one comes."""
    transfer = queue(processes, "tests.fetch", path=str(tmp_path / "transfer"), count=1)
    assert messages(redis_url) == []
    work = queue(processes, "tests.steps", path=str(tmp_path / "work"), count=1)
    redis.Redis.from_url(redis_url).flushall()
    Job.objects.update(dispatched_at=None)
    processes.start("run_scheduler")
    wait_for(lambda: messages(redis_url))
    assert messages(redis_url) == [f"{work.pk}-0"]
    astray = deliver(redis_url, transfer)
    processes.start(*WORKER)
    wait_for(lambda: status(work) == "succeeded")
    wait_for(lambda: astray.get_status(refresh=True) == "finished")
    assert (status(transfer), transfer.attempt, transfer.dispatched_at) == ("queued", 0, None)


def test_a_worker_also_carries_several_transfers_at_once(
    everywhere: Processes, tmp_path: Path
) -> None:
    fetches = [
        queue(everywhere, "tests.patient_fetch", path=str(tmp_path / f"{number}"))
        for number in range(3)
    ]
    work = queue(everywhere, "tests.steps", path=str(tmp_path / "work"), count=1)
    worker = everywhere.start("run_worker")
    wait_for(lambda: status(work) == "succeeded" and all(map(is_running, fetches)))
    [beside] = psutil.Process(worker.pid).children()
    for number in range(3):
        assert lines(tmp_path / f"{number}") == [f"begin {beside.pid}"]
    kill(worker)
    beside.wait(timeout=30)  # it does not outlive the worker, and hands back what it carried
    assert [status(fetch) for fetch in fetches] == ["queued"] * 3
    assert [fetch.attempt for fetch in fetches] == [0] * 3


def test_a_worker_that_ends_its_work_hands_transfers_back_meanwhile(
    everywhere: Processes, tmp_path: Path
) -> None:
    fetch = queue(everywhere, "tests.patient_fetch", path=str(tmp_path / "fetch"))
    work = queue(everywhere, "tests.stubborn", path=str(tmp_path / "work"))
    worker = everywhere.start("run_worker")
    wait_for(lambda: lines(tmp_path / "work") and lines(tmp_path / "fetch"))
    worker.terminate()
    wait_for(lambda: status(fetch) == "queued")
    assert fetch.attempt == 0
    assert is_running(work)
    assert worker.poll() is None
    kill(int(lines(tmp_path / "work")[0].removeprefix("begin ")))
