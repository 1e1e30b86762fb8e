"""Jobs in one process: states, fences, checkpoints, compensation."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction

from common import clock, trace
from common.http.problems import Problem
from common.jobs import (
    JobContext,
    LeaseLost,
    cancel,
    engine,
    job,
    register,
    run_pending,
    settlement,
    submit,
)
from common.jobs.models import Job, JobStatus, JobStep
from tests.common.jobs.kinds import lines
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def handler(function: Any, name: str = "tests.inline", **options: Any) -> str:
    """Register ``function`` under a name of its own."""
    unique = f"{name}.{id(function):x}"
    register(unique, function, title="Inline", **options)
    return unique


def outcome(queued: Job) -> Job:
    run_pending()
    queued.refresh_from_db()
    return queued


def test_a_job_runs_and_keeps_result_progress_and_steps(path: Path) -> None:
    queued = outcome(submit("tests.steps", payload={"path": str(path), "count": 3}))
    assert queued.status == JobStatus.SUCCEEDED
    assert queued.result == {"count": 3, "url": "/reports/1/"}
    assert (queued.done, queued.total, queued.attempt) == (3, 3, 1)
    assert (queued.owner, queued.lease_until) == ("", None)
    assert queued.started_at
    assert queued.finished_at
    assert [step.result for step in queued.steps.all()] == [0, 1, 2]


def test_finished_steps_are_not_repeated(path: Path) -> None:
    queued = submit("tests.steps", payload={"path": str(path), "count": 3})
    JobStep.objects.create(job=queued, key="step-1", result=1)
    outcome(queued)
    assert [line for line in lines(path) if line.startswith("start")] == ["start 0", "start 2"]


def test_a_step_answers_the_same_on_its_first_run_as_from_its_checkpoint() -> None:
    answers: list[Any] = []

    def run(ctx: JobContext) -> None:
        for _time in range(2):
            answers.append(ctx.step("tuple", lambda: {"at": clock.now(), "pair": (1, 2)}))

    outcome(submit(handler(run)))
    assert answers[0] == answers[1]
    assert answers[0]["pair"] == [1, 2]


def test_an_atomic_step_leaves_nothing_when_it_fails() -> None:
    def run(ctx: JobContext) -> None:
        def work() -> None:
            Job.objects.filter(pk=ctx.job.pk).update(subject="half done")
            raise Problem("CONFLICT", "Somebody was quicker.")

        ctx.step("write", work, atomic=True)

    queued = outcome(submit(handler(run)))
    assert (queued.subject, queued.status) == ("", JobStatus.FAILED)
    assert queued.error["message"] == "Somebody was quicker."
    assert not queued.steps.exists()


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (Problem("NOT_FOUND"), "There is nothing here, or nothing that you may see.", "NOT_FOUND"),
        (ValidationError(["Too long.", "Too odd."]), "Too long. Too odd.", "VALIDATION_FAILED"),
        (
            LookupError("/srv/secret"),
            "Something went wrong on our side. Try again, or report the trace ID.",
            "INTERNAL_ERROR",
        ),
    ],
)
def test_failures_are_sentences(error: Exception, message: str, code: str) -> None:
    def run(ctx: JobContext) -> None:
        raise error

    with trace.scope(origin="page", trace_id="ab" * 16):
        queued = outcome(submit(handler(run)))
    assert queued.status == JobStatus.FAILED
    assert queued.error == {"message": message, "code": code, "trace_id": "ab" * 16}


def test_a_refusal_fails_without_a_second_attempt_and_is_compensated(path: Path) -> None:
    queued = outcome(submit("tests.refuse", payload={"path": str(path)}))
    assert queued.error["message"] == "The file has no rows."
    assert queued.attempt == 1
    assert lines(path) == ["compensated failed FILE_REFUSED"]


def test_the_handler_belongs_to_the_trace_of_who_submitted() -> None:
    seen: list[str] = []

    def run(ctx: JobContext) -> None:
        seen.extend([trace.trace_id(), trace.origin()])

    with trace.scope(origin="page", trace_id="cd" * 16):
        queued = submit(handler(run))
    outcome(queued)
    assert seen == ["cd" * 16, "job"]


def test_retry_waits_and_then_gives_up() -> None:
    queued = outcome(submit("tests.later", payload={"seconds": 60}))
    assert (queued.status, queued.attempt) == (JobStatus.QUEUED, 1)
    assert run_pending() == 0
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        outcome(queued)
    assert (queued.status, queued.attempt) == (JobStatus.FAILED, 2)
    assert queued.error["message"] == "The server does not answer."


def test_a_database_that_went_away_is_tried_again() -> None:
    def run(ctx: JobContext) -> None:
        raise OperationalError("server closed the connection")

    queued = outcome(submit(handler(run, max_attempts=2)))
    assert queued.status == JobStatus.QUEUED
    assert queued.run_after > clock.now()


def test_a_job_for_later_waits(path: Path) -> None:
    due = clock.now() + timedelta(hours=1)
    submit("tests.once", payload={"path": str(path)}, run_after=due)
    assert run_pending() == 0
    with clock.frozen(due):
        assert run_pending() == 1


def test_only_one_claim_succeeds() -> None:
    queued = submit("tests.refuse")
    first = engine.claim(queued.pk)
    assert first is not None
    assert engine.claim(queued.pk) is None
    assert engine.run(queued.pk) is False


def test_a_queued_job_is_cancelled_at_once_and_never_runs(path: Path) -> None:
    queued = submit("tests.steps", payload={"path": str(path), "count": 1})
    assert cancel(queued)
    assert queued.status == JobStatus.CANCELLED
    assert run_pending() == 0
    assert lines(path) == ["compensated cancelled CANCELLED"]
    assert cancel(queued) is False


def test_a_running_job_is_asked_to_stop() -> None:
    def run(ctx: JobContext) -> None:
        assert cancel(Job.objects.get(pk=ctx.job.pk))
        assert Job.objects.get(pk=ctx.job.pk).status == JobStatus.RUNNING
        ctx._looked = float("-inf")
        ctx.check()
        pytest.fail("it went on")

    queued = outcome(submit(handler(run)))
    assert queued.status == JobStatus.CANCELLED
    assert queued.error["code"] == "CANCELLED"


def test_finish_commits_with_the_handlers_transaction() -> None:
    def run(ctx: JobContext) -> dict[str, int]:
        with transaction.atomic():
            Job.objects.filter(pk=ctx.job.pk).update(subject="applied")
            ctx.finish({"ok": True})
        return {"ignored": 1}

    queued = outcome(submit(handler(run)))
    assert (queued.status, queued.subject, queued.result) == ("succeeded", "applied", {"ok": True})


def test_finish_rolls_back_with_the_handlers_transaction() -> None:
    def run(ctx: JobContext) -> None:
        with transaction.atomic():
            ctx.finish({"ok": True})
            raise Problem("STALE_PLAN")

    queued = outcome(submit(handler(run)))
    assert (queued.status, queued.result) == (JobStatus.FAILED, None)


def test_a_finish_whose_rollback_was_swallowed_is_no_success() -> None:
    def run(ctx: JobContext) -> None:
        with transaction.atomic():
            ctx.finish({"ok": True})
            transaction.set_rollback(True)

    assert outcome(submit(handler(run))).status == JobStatus.FAILED


def test_a_run_that_lost_its_lease_writes_nothing() -> None:
    queued = submit("tests.refuse")
    old = engine.claim(queued.pk)
    assert old is not None
    ctx = JobContext(old)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert settlement.reap() == 1
        new = engine.claim(queued.pk)
    assert new is not None
    for write in (
        lambda: ctx.finish({"late": True}),
        lambda: ctx.step("late", lambda: 1),
        ctx.check,
    ):
        with pytest.raises(LeaseLost):
            write()
    assert not settlement.fail(old, ctx.owner, settlement.error("late", code="LATE"))
    queued.refresh_from_db()
    assert (queued.status, queued.owner, queued.attempt) == ("running", new.owner, 2)
    assert not queued.steps.exists()


def test_progress_within_the_handlers_transaction_is_not_written() -> None:
    notes: list[str] = []

    def run(ctx: JobContext) -> None:
        with transaction.atomic():
            ctx.progress(note="inside")
            notes.append(Job.objects.get(pk=ctx.job.pk).note)
        ctx.progress(note="outside")
        notes.append(Job.objects.get(pk=ctx.job.pk).note)

    outcome(submit(handler(run)))
    assert notes == ["", "outside"]


def expire(kind: str, path: Path, claims: int) -> Job:
    """A job whose worker died ``claims`` times."""
    queued = submit(
        kind,
        payload={"path": str(path), "count": 1} if kind == "tests.steps" else {"path": str(path)},
    )
    moment = clock.now()
    for _number in range(claims):
        moment += timedelta(hours=1)
        with clock.frozen(moment):
            assert engine.claim(queued.pk)
        with clock.frozen(moment + timedelta(minutes=30)):
            assert settlement.reap() == 1
    queued.refresh_from_db()
    return queued


def test_the_reaper_takes_up_what_a_dead_process_left(path: Path) -> None:
    queued = expire("tests.steps", path, claims=1)
    assert (queued.status, queued.owner) == (JobStatus.QUEUED, "")
    assert outcome(queued).status == JobStatus.SUCCEEDED


def test_the_reaper_gives_up_after_the_last_attempt(path: Path) -> None:
    queued = expire("tests.steps", path, claims=5)
    assert queued.status == JobStatus.FAILED
    assert queued.error["message"] == "The process that ran this stopped 5 times."
    assert lines(path) == ["compensated failed JOB_ABANDONED"]


def test_what_must_never_run_twice_fails(path: Path) -> None:
    queued = expire("tests.once", path, claims=1)
    assert queued.status == JobStatus.FAILED
    assert "not safe to repeat" in queued.error["message"]
    assert lines(path) == ["compensated failed JOB_ABANDONED"]


def test_a_cancelled_job_of_a_dead_process_is_not_taken_up(path: Path) -> None:
    queued = submit("tests.steps", payload={"path": str(path), "count": 1})
    assert engine.claim(queued.pk)
    cancel(queued)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        settlement.reap()
    queued.refresh_from_db()
    assert queued.status == JobStatus.CANCELLED


def test_a_live_lease_is_left_alone(path: Path) -> None:
    assert engine.claim(submit("tests.once", payload={"path": str(path)}).pk)
    assert settlement.reap() == 0


def test_a_failing_compensation_does_not_keep_the_job_from_ending() -> None:
    def run(ctx: JobContext) -> None:
        raise Problem("CONFLICT")

    def explode(row: Job, error: dict[str, Any]) -> None:
        Job.objects.filter(pk=row.pk).update(subject="half")
        raise RuntimeError("no")

    queued = outcome(submit(handler(run, on_failure=explode)))
    assert (queued.status, queued.subject) == (JobStatus.FAILED, "")


def test_the_same_key_while_active_is_the_same_job(path: Path) -> None:
    payload = {"path": str(path), "count": 1}
    first = submit("tests.steps", payload=payload, dedupe_key="upload:1")
    assert submit("tests.steps", payload=payload, dedupe_key="upload:1") == first
    assert submit("tests.steps", payload=payload, dedupe_key="upload:2") != first
    assert submit("tests.once", payload=payload, dedupe_key="upload:1") != first
    outcome(first)
    assert submit("tests.steps", payload=payload, dedupe_key="upload:1") != first


@pytest.mark.django_db(transaction=True)
def test_many_threads_with_one_key_make_one_job() -> None:
    barrier = threading.Barrier(6)
    found: set[Any] = set()

    def work() -> None:
        from django.db import connections

        barrier.wait()
        found.add(submit("tests.refuse", dedupe_key="race").pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert Job.objects.count() == 1


def test_unknown_kinds_are_refused_at_submit() -> None:
    with pytest.raises(LookupError, match="No job kind is called"):
        submit("tests.nothing")


def test_two_handlers_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="registered twice"):

        @job("tests.refuse", title="Another")
        def another(ctx: JobContext) -> None: ...


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example", "/\\evil.example", 3, None]
)
def test_results_link_within_the_site_only(url: Any) -> None:
    assert Job(result={"url": url}).result_url == ""


def test_who_sees_which_jobs(world: World) -> None:
    def mine(user: Any) -> Job:
        return submit("tests.refuse", user=user, organization=user.organization)

    alices, bobs, charlies = mine(world.alice), mine(world.bob), mine(world.charlie)
    assert set(Job.objects.visible_to(world.amy)) == {alices, bobs}
    assert set(Job.objects.visible_to(world.alice)) == {alices}
    assert set(Job.objects.visible_to(world.bob)) == {bobs}
    assert set(Job.objects.visible_to(world.carl)) == {charlies}
    world.bob.is_active = False
    assert not Job.objects.visible_to(world.bob)
