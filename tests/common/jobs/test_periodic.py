"""Periodic functions: once per interval over all processes, whatever one of them does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import Error
from django.db import connections

from common import clock
from common.jobs import checks, embedded, health, periodic
from common.jobs.models import PeriodicTask


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Only the functions of the test are registered."""
    before = dict(periodic._tasks)
    periodic._tasks.clear()
    yield
    periodic._tasks.clear()
    periodic._tasks.update(before)


@pytest.mark.django_db
def test_it_runs_once_per_interval() -> None:
    ran: list[int] = []
    periodic.register_periodic("tests.hourly", 3600, lambda: ran.append(1))
    start = clock.now()
    for minutes, total in ((0, 1), (30, 1), (61, 2), (62, 2), (600, 3), (601, 3)):
        with clock.frozen(start + timedelta(minutes=minutes)):
            periodic.run_due()
        assert len(ran) == total
    row = PeriodicTask.objects.get(name="tests.hourly")
    assert row.last_at == start + timedelta(minutes=600)


@pytest.mark.django_db
def test_one_that_fails_does_not_stop_the_others() -> None:
    def explode() -> None:
        raise RuntimeError("no")

    ran: list[int] = []
    periodic.register_periodic("tests.bad", 60, explode)
    periodic.register_periodic("tests.good", 60, lambda: ran.append(1))
    assert periodic.run_due() == ["tests.bad", "tests.good"]
    assert ran == [1]


@pytest.mark.django_db
def test_two_that_saw_the_same_slot_cannot_both_have_it() -> None:
    task = periodic.Periodic("tests.slot", 3600, lambda: None)
    assert [periodic._claim(task, None) for _scheduler in range(2)] == [True, False]
    with clock.frozen(clock.now() + timedelta(hours=2)):
        seen = PeriodicTask.objects.get(name="tests.slot").next_at
        assert [periodic._claim(task, seen) for _scheduler in range(2)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_many_schedulers_share_one_run() -> None:
    ran: list[int] = []
    periodic.register_periodic("tests.shared", 3600, lambda: ran.append(1))
    barrier = threading.Barrier(5)

    def work() -> None:
        barrier.wait()
        periodic.run_due()
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]


@pytest.mark.django_db(transaction=True)
def test_the_loop_runs_and_stops(settings: Any) -> None:
    settings.SCHEDULER_INTERVAL = 0.05
    ran = threading.Event()
    periodic.register_periodic("tests.now", 0.01, ran.set)
    scheduler = periodic.Scheduler()
    scheduler.start()
    assert ran.wait(10)
    scheduler.stop()
    assert not scheduler._thread.is_alive()


@pytest.mark.parametrize(
    ("processes", "redis", "refused"),
    [
        ("", "", False),
        ("1", "", False),
        ("2", "", True),
        ("2", "redis://x", False),
        ("a", "", True),
    ],
)
def test_several_web_processes_need_redis(
    monkeypatch: pytest.MonkeyPatch, settings: Any, processes: str, redis: str, refused: bool
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", processes)
    settings.REDIS_URL = redis
    found = checks.many_processes_need_redis()
    assert [type(problem) for problem in found] == [Error] * refused


@pytest.mark.django_db(transaction=True)
def test_threads_of_this_process_run_jobs(settings: Any) -> None:
    from common.jobs import submit
    from tests.common.jobs import kinds  # noqa: F401
    from tests.common.jobs.processes import wait_for

    settings.JOB_POLL = 30.0  # only the wake-up on submit can be this quick
    assert embedded.state() == "off"
    embedded.start()
    try:
        assert (embedded.state(), health.state()) == ("ok", "ok")
        job = submit("tests.refuse")

        def ended() -> bool:
            job.refresh_from_db()
            return not job.is_active

        wait_for(ended, seconds=20)
    finally:
        embedded.stop()
    assert embedded.state() == "off"
