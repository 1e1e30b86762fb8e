"""A step fails: nothing stays, everything is said, and one can try again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import OperationalError

from accounts.models import AuditEntry
from catalog.actions.base import Invalid
from catalog.models import Dashboard, DataSource, Report, Schedule
from catalog.models.sources import stored_path
from common.http.problems import Problem
from common.jobs import cancel, run_pending
from common.jobs.models import Job
from common.realtime import publishing
from common.realtime.topics import group_of
from tests.wizard.execution.plans import (
    chain,
    codes,
    collecting,
    confirm,
    planned,
    reviewed,
    source_step,
    spec,
    statuses,
    stored_files,
    upload_csv,
)
from tests.world import World, build_world
from wizard import operations
from wizard.actions import plans
from wizard.executor.upkeep import discard_abandoned
from wizard.models import WizardSession
from wizard.operations.contexts import RunContext
from wizard.operations.schedules import CreateSchedule
from wizard.operations.sources import CreateSource
from wizard.plan.model import Entity, Operation, Step

pytestmark = pytest.mark.django_db(transaction=True)


class Trouble:
    """What the test operations do wrong at the moment."""

    apply: Exception | None = None
    compensate: Exception | None = None
    prepare: Exception | None = None


class TroubledSchedule(CreateSchedule):
    def apply(self, step: Step, run: RunContext) -> Any:
        item = super().apply(step, run)
        if Trouble.apply:
            raise Trouble.apply
        return item


class TroubledSource(CreateSource):
    def prepare(self, step: Step, run: RunContext) -> Any:
        if Trouble.prepare:
            raise Trouble.prepare
        return super().prepare(step, run)

    def compensate(self, prepared: Any) -> None:
        if Trouble.compensate:
            raise Trouble.compensate
        super().compensate(prepared)


@pytest.fixture(autouse=True)
def _troubled() -> Iterator[None]:
    operations.register(TroubledSchedule())
    operations.register(TroubledSource())
    yield
    operations.register(CreateSchedule())
    operations.register(CreateSource())
    Trouble.apply = Trouble.compensate = Trouble.prepare = None


def nothing_is_there() -> bool:
    models = (DataSource, Report, Dashboard, Schedule)
    made = AuditEntry.objects.filter(action__endswith=".created")
    return not any(model.objects.exists() for model in models) and not made.exists()


def failed(world: World) -> WizardSession:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    assert len(stored_files()) == 1
    confirm(session)
    Trouble.apply = Invalid(name="The last step has its doubts.")
    run_pending()
    Trouble.apply = None
    session.refresh_from_db()
    return session


def test_all_is_rolled_back_when_the_last_step_fails(world: World) -> None:
    session = failed(world)
    assert (session.status, session.error) == ("FAILED", "The last step has its doubts.")
    assert nothing_is_there()
    assert statuses(session) == ["rolled_back", "rolled_back", "rolled_back", "failed"]
    assert session.result["steps"][3]["error"] == "The last step has its doubts."
    assert stored_files() == set()
    assert session.prepared == {}


def test_an_unforeseen_error_is_not_shown(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    confirm(session)
    Trouble.apply = ZeroDivisionError("secret detail of /etc/passwd")
    run_pending()
    session.refresh_from_db()
    assert (session.status, nothing_is_there()) == ("FAILED", True)
    assert "passwd" not in str(session.result) + session.error


def test_a_retry_has_a_new_fingerprint_and_succeeds(world: World) -> None:
    session = failed(world)
    old = session.plan_sha256
    session = plans.retry(session)
    assert session.plan_sha256 != old
    assert session.steps.filter(plan_sha256=old, status="failed").count() == 1
    run_pending()
    session.refresh_from_db()
    assert (session.status, codes(session)) == ("CONFIRMING", [])
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("COMPLETED", 1)
    assert len(stored_files()) == 1


def test_a_failed_compensation_needs_attention(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    confirm(session)
    Trouble.apply = Invalid(name="No.")
    Trouble.compensate = OSError("the disk is read-only")
    run_pending()
    session.refresh_from_db()
    row = session.steps.get(step="step-1")
    assert "the disk is read-only" in row.needs_attention
    assert "the disk is read-only" in session.result["steps"][0]["needsAttention"]
    assert (len(stored_files()), list(session.prepared)) == (1, ["step-1"])
    Trouble.compensate = None
    assert discard_abandoned() == 1
    row.refresh_from_db()
    assert (stored_files(), row.needs_attention) == (set(), "")


def test_compensations_run_in_reverse_order(world: World) -> None:
    upload, order = upload_csv(world.alice), []

    class Noting(CreateSource):
        def compensate(self, prepared: Any) -> None:
            order.append(prepared["source"]["stored"])
            super().compensate(prepared)

    operations.register(Noting())
    steps = (source_step(upload), source_step(upload, 2, "B"), *_schedule_on_its_own(world))
    session = reviewed(world.alice, *steps)
    made = [session.prepared[f"step-{n}"]["data"]["source"]["stored"] for n in (1, 2)]
    confirm(session)
    Trouble.apply = Invalid(name="No.")
    run_pending()
    assert order == made[::-1]


def _schedule_on_its_own(world: World) -> tuple[Step, ...]:
    dashboard = Dashboard.objects.create(
        organization=world.acme, project=world.general, owner=world.alice, name="Own"
    )
    params = {"name": "S", "cron": "0 8 * * *", "dashboardId": dashboard.pk}
    return (Step("step-3", Operation.CREATE, Entity.SCHEDULE, params),)


def test_a_failing_dry_run_is_a_finding(world: World) -> None:
    Trouble.apply = Invalid(name="The last step has its doubts.")
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    assert (session.status, session.dry_run["status"]) == ("CONFIRMING", "failed")
    (finding,) = [each for each in session.findings if each["severity"] == "error"]
    assert finding["step"] == "step-4"
    assert "has its doubts" in finding["message"]
    assert nothing_is_there()


def test_a_file_that_cannot_be_converted_is_said_at_review(world: World) -> None:
    text = "a,b\n" + "1,2\n" * 30_000 + "x,y\n"
    upload = upload_csv(world.alice, text=text)
    file = replace(spec(upload), options={"types": {"nowhere": "date"}})
    step = source_step(upload)
    session = reviewed(world.alice, replace(step, params={**step.params, "fileMetadata": file}))
    assert codes(session) == ["unreadable_file"]


def test_a_lost_database_is_tried_again(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    confirm(session)
    Trouble.apply = OperationalError("database is locked")
    run_pending()
    session.refresh_from_db()
    job = Job.objects.get(kind="wizard.execute")
    assert (session.status, job.status, nothing_is_there()) == ("EXECUTING", "queued", True)
    Trouble.apply = None
    Job.objects.filter(pk=job.pk).update(run_after=None)
    run_pending()
    session.refresh_from_db()
    assert session.status == "COMPLETED"


def test_an_execution_cancelled_on_its_job_page(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    confirm(session)
    assert cancel(Job.objects.get(kind="wizard.execute"))
    session.refresh_from_db()
    assert (session.status, stored_files()) == ("FAILED", set())
    assert statuses(session) == ["skipped"] * 4


def test_discard_takes_files_and_job_along(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    plans.discard(session)
    assert stored_files() == set()
    waiting = planned(world.alice, *chain(upload_csv(world.alice)))
    job = Job.objects.get(pk=waiting.job)
    plans.discard(waiting)
    job.refresh_from_db()
    assert job.status == "cancelled"
    waiting.refresh_from_db()
    assert (waiting.status, waiting.job) == ("PLANNING", None)
    run_pending()
    assert stored_files() == set()


def test_a_session_under_execution_keeps_its_files(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    confirm(session)
    plans.discard(session)
    assert len(stored_files()) == 1
    run_pending()
    session.refresh_from_db()
    assert session.status == "COMPLETED"


def test_a_dry_run_cancelled_on_its_job_page_ends_the_wait(world: World) -> None:
    session = planned(world.alice, *chain(upload_csv(world.alice)))
    cancel(Job.objects.get(pk=session.job))
    session.refresh_from_db()
    assert (session.status, codes(session)) == ("CONFIRMING", ["dry_run_failed"])


def test_make_plan_only_from_where_it_may(world: World) -> None:
    session = collecting(world.alice)
    WizardSession.objects.filter(pk=session.pk).update(status="COMPLETED")
    session.refresh_from_db()
    with pytest.raises(Problem) as caught:
        plans.make_plan(session=session, steps=(), description="")
    assert caught.value.code == "ILLEGAL_TRANSITION"


def test_a_session_changed_elsewhere_is_not_overwritten(world: World) -> None:
    session = collecting(world.alice)
    WizardSession.objects.filter(pk=session.pk).update(version=9)
    with pytest.raises(Problem) as caught:
        plans.make_plan(session=session, steps=chain(upload_csv(world.alice)), description="Test")
    assert caught.value.code == "CONFLICT"


def test_a_run_that_lost_its_job_leaves_nothing_behind(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    for name in stored_files():
        stored_path(name).unlink()
    confirm(session)

    class Overtaken(CreateSource):
        def prepare(self, step: Step, run: RunContext) -> Any:
            made = super().prepare(step, run)
            Job.objects.filter(kind="wizard.execute").update(owner="another worker")
            return made

    operations.register(Overtaken())
    run_pending()
    session.refresh_from_db()
    assert (session.status, nothing_is_there(), stored_files()) == ("EXECUTING", True, set())
    assert "failed" not in statuses(session)


def test_a_run_that_lost_its_job_fails_nobody_elses_steps(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    confirm(session)

    class Overtaken(CreateSource):
        def key(self, step: Step, run: RunContext) -> str:
            Job.objects.filter(kind="wizard.execute").update(owner="another worker")
            raise Invalid(name="Too late.")

    for name in stored_files():
        stored_path(name).unlink()
    operations.register(Overtaken())
    run_pending()
    session.refresh_from_db()
    assert (session.status, session.error) == ("EXECUTING", "")
    assert "failed" not in statuses(session)


async def test_steps_and_session_are_told_live() -> None:
    world = await sync_to_async(build_world)()
    session = await sync_to_async(_confirmed)(world)
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group_of(f"wizard:{session.pk}"), channel)
    publishing.serve_on(asyncio.get_running_loop())
    await sync_to_async(run_pending)()
    heard: list[tuple[str, str]] = []
    while ("session-changed", "COMPLETED") not in heard:
        message = await asyncio.wait_for(layer.receive(channel), 10)
        data = message["data"]
        heard.append((message["event"], data["status"]))
        if message["event"] == "step-changed":
            assert data["step"] == "step-1"
    steps = [status for event, status in heard if event == "step-changed"]
    assert steps == ["preparing", "prepared", "running", "succeeded"]


def _confirmed(world: World) -> WizardSession:
    return confirm(reviewed(world.alice, source_step(upload_csv(world.alice))))
