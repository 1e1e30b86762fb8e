"""Lanes: transfers, which wait for hours, and work do not stand in each other's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from common.jobs import JobContext, embedded, engine, health, register, run_pending, submit
from common.jobs.models import Job, JobStatus
from common.jobs.registry import Lane, lane_of
from tests.common.jobs import kinds  # noqa: F401  (registers them)
from tests.common.jobs.processes import wait_for
from tests.world import World


def kind(lane: Lane, handler: Any) -> str:
    """Register ``handler`` under a name of its own."""
    name = f"tests.{lane}.{id(handler):x}"
    register(name, handler, title="Inline", lane=lane)
    return name


def queued(name: str) -> Job:
    return Job.objects.create(kind=name)


@pytest.mark.django_db
def test_each_lane_has_its_own_queue() -> None:
    transfer, work = queued("tests.fetch"), queued("tests.refuse")
    assert engine.claim_next("work") == work
    assert engine.claim_next("work") is None
    assert engine.claim_next("transfer") == transfer
    assert engine.claim_next("transfer") is None


@pytest.mark.django_db
def test_a_job_that_comes_to_the_wrong_lane_is_left_where_it_is() -> None:
    transfer, work = queued("tests.fetch"), queued("tests.refuse")
    assert engine.run(transfer.pk, lane="work") is False
    assert engine.run(work.pk, lane="transfer") is False
    assert set(Job.objects.runnable()) == {transfer, work}


@pytest.mark.django_db
def test_a_long_queue_of_one_lane_does_not_hide_the_other() -> None:
    for _number in range(30):
        queued("tests.refuse")
    transfer = queued("tests.fetch")
    assert engine.claim_next("transfer") == transfer


@pytest.mark.django_db
def test_an_organisation_leaves_one_place_for_transfers(world: World, settings: Any) -> None:
    settings.JOB_TRANSFERS = 3
    for _number in range(3):
        Job.objects.create(kind="tests.fetch", organization=world.acme)
    assert engine.claim_next("transfer") is not None
    second = engine.claim_next("transfer")
    assert second is not None
    assert engine.claim_next("transfer") is None
    other = Job.objects.create(kind="tests.fetch", organization=world.rival)
    nobodys = queued("tests.fetch")
    assert [engine.claim_next("transfer"), engine.claim_next("transfer")] == [other, nobodys]
    Job.objects.filter(pk=second.pk).update(status=JobStatus.SUCCEEDED)
    assert engine.claim_next("transfer") is not None


@pytest.mark.django_db
def test_what_nobody_knows_fails_as_work() -> None:
    stray = queued("tests.of_an_app_that_is_gone")
    assert lane_of(stray.kind) == "work"
    assert engine.claim_next("transfer") is None
    claimed = engine.claim_next("work")
    assert claimed == stray
    engine.execute(claimed, heartbeat=False)
    stray.refresh_from_db()
    assert stray.status == JobStatus.FAILED


@pytest.mark.django_db
def test_tests_and_commands_run_every_lane() -> None:
    kind_of_transfer = kind("transfer", lambda ctx: None)
    submit("tests.refuse")
    submit(kind_of_transfer)
    assert run_pending() == 2


@pytest.fixture
def carrier(settings: Any) -> Iterator[None]:
    """The threads of ``manage.py serve``. Only the wake-up on submit can be this quick."""
    settings.JOB_POLL = 30.0
    settings.JOB_THREADS, settings.JOB_TRANSFERS = 2, 4
    embedded.start()
    yield
    embedded.stop()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize(
    ("blocked", "free", "threads"), [("transfer", "work", 4), ("work", "transfer", 2)]
)
def test_a_lane_that_is_full_does_not_stop_the_other(
    blocked: Lane, free: Lane, threads: int
) -> None:
    gate = threading.Event()

    def wait(ctx: JobContext) -> None:
        assert gate.wait(60)

    name = kind(blocked, wait)
    waiting = [submit(name) for _number in range(threads + 1)]
    running = Job.objects.filter(kind=name, status=JobStatus.RUNNING)
    try:
        wait_for(lambda: running.count() == threads)
        quick = [submit(kind(free, lambda ctx: "done")) for _number in range(3)]
        ended = Job.objects.filter(pk__in=[job.pk for job in quick], status=JobStatus.SUCCEEDED)
        wait_for(lambda: ended.count() == 3)
        assert running.count() == threads  # and the one too many still waits
        assert health.state() == "ok"
    finally:
        gate.set()
    ended = Job.objects.filter(pk__in=[job.pk for job in waiting], status=JobStatus.SUCCEEDED)
    wait_for(lambda: ended.count() == threads + 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("carrier")
def test_a_transfer_that_is_stopped_goes_back_into_the_queue() -> None:
    begun = threading.Event()

    def wait(ctx: JobContext) -> None:
        begun.set()
        while True:
            ctx.check()

    job = submit(kind("transfer", wait))
    assert begun.wait(30)
    embedded.stop()
    job.refresh_from_db()
    assert (job.status, job.attempt, job.owner) == (JobStatus.QUEUED, 0, "")


@pytest.mark.django_db(transaction=True)
def test_health_sees_when_one_lane_has_died(carrier: None) -> None:
    embedded._workers["transfer"].tell_to_stop()
    wait_for(lambda: not embedded._workers["transfer"].alive)
    assert embedded.state() == "stopped"
    assert "stopped" in health.state()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("lane", "kept"), [("work", True), ("transfer", False)])
def test_only_work_keeps_its_connection_while_it_waits(lane: Lane, kept: bool) -> None:
    seen: list[bool] = []

    def run(ctx: JobContext) -> None:
        Job.objects.count()
        ctx.progress(done=1, total=2)
        seen.append(connection.connection is not None)
        Job.objects.count()
        ctx._looked = float("-inf")
        ctx.check()
        seen.append(connection.connection is not None)
        with transaction.atomic():
            ctx._looked = float("-inf")
            ctx.check()
            assert connection.connection is not None

    job = submit(kind(lane, run))
    run_pending()
    job.refresh_from_db()
    assert (job.status, seen) == (JobStatus.SUCCEEDED, [kept, kept])


@pytest.mark.django_db
def test_progress_counts_the_bytes_of_a_large_model() -> None:
    size = 400 * 2**30

    def run(ctx: JobContext) -> None:
        ctx.progress(done=size // 2, total=size)

    job = submit(kind("transfer", run))
    run_pending()
    job.refresh_from_db()
    assert (job.status, job.done, job.total) == (JobStatus.SUCCEEDED, size, size)
