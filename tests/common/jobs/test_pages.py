"""The page of a job: who may open it, what it says, how it is cancelled."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from common.jobs import engine, run_pending, submit
from common.jobs.models import Job, JobStatus
from common.jobs.schemas import job_json
from tests.common.jobs import kinds
from tests.world import World

HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(world: World, tmp_path: Path) -> Job:
    return submit(
        "tests.steps",
        payload={"path": str(tmp_path / "log"), "count": 2},
        user=world.alice,
        organization=world.acme,
    )


def page(client: Client, job: Job, **options: Any) -> str:
    response = client.get(job.get_absolute_url(), **options)
    assert response.status_code == 200
    return response.content.decode()


def test_only_the_owner_and_admins_see_it(world: World, job: Job) -> None:
    address = job.get_absolute_url()
    statuses = {
        name: world.client(getattr(world, name)).get(address).status_code
        for name in ("alice", "amy", "bob", "charlie", "carl", "operator")
    }
    assert statuses == {
        "alice": 200, "amy": 200, "bob": 404, "charlie": 404, "carl": 404, "operator": 404,
    }  # fmt: skip
    assert world.client().get(address).status_code == 302


def test_strangers_cannot_cancel(world: World, job: Job) -> None:
    address = reverse("jobs:job-cancellation", args=[job.pk])
    for name in ("bob", "charlie", "carl"):
        assert world.client(getattr(world, name)).post(address).status_code == 404
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED


def test_a_job_that_does_not_exist(world: World) -> None:
    address = reverse("jobs:job-detail", args=[uuid.uuid4()])
    assert world.client(world.alice).get(address).status_code == 404


def test_methods(world: World, job: Job) -> None:
    client = world.client(world.alice)
    assert client.post(job.get_absolute_url()).status_code == 405
    assert client.get(reverse("jobs:job-cancellation", args=[job.pk])).status_code == 405


def test_it_waits_then_runs_then_links_to_the_result(world: World, job: Job) -> None:
    client = world.client(world.alice)
    waiting = page(client, job)
    assert "Waiting" in waiting
    assert "http-equiv" in waiting  # without JavaScript the page reloads itself
    claimed = engine.claim(job.pk)
    assert claimed is not None
    Job.objects.filter(pk=job.pk).update(done=1, total=2, note="reading rows")
    running = page(client, job)
    assert "<progress" in running
    assert "reading rows" in running
    engine.execute(claimed, heartbeat=False)
    ended = page(client, job)
    assert 'href="/reports/1/"' in ended
    assert "http-equiv" not in ended
    assert "hx-get" not in ended.partition('id="job"')[2].partition("</section>")[0]


def test_the_fragment_says_when_it_ended(world: World, job: Job) -> None:
    client = world.client(world.alice)
    response = client.get(job.get_absolute_url(), headers=HTMX)
    assert b"<html" not in response.content
    assert "HX-Trigger" not in response.headers
    run_pending()
    response = client.get(job.get_absolute_url(), headers=HTMX)
    assert "job-ended" in response.headers["HX-Trigger"]


def test_a_failure_names_reason_next_step_and_trace(world: World) -> None:
    job = submit("tests.stumble", user=world.alice, organization=world.acme)
    run_pending()
    text = page(world.client(world.alice), job)
    job.refresh_from_db()
    assert job.error["trace_id"] in text
    assert "report the trace ID" in text
    assert "secret detail" not in text
    assert "ZeroDivisionError" not in text


def test_cancelling_a_waiting_job(world: World, job: Job) -> None:
    response = world.client(world.alice).post(reverse("jobs:job-cancellation", args=[job.pk]))
    assert (response.status_code, response.headers["Location"]) == (303, job.get_absolute_url())
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    again = world.client(world.alice).post(
        reverse("jobs:job-cancellation", args=[job.pk]), follow=True
    )
    assert "already ended" in again.content.decode()


def test_cancelling_a_running_job_asks_it_to_stop(world: World, job: Job) -> None:
    assert engine.claim(job.pk)
    client = world.client(world.amy)
    client.post(reverse("jobs:job-cancellation", args=[job.pk]))
    text = page(client, job)
    assert "It will stop as soon as it can." in text
    job.refresh_from_db()
    assert job.cancel_requested_at <= clock.now()


def test_as_json(world: World, job: Job) -> None:
    assert job_json(job) == {
        "id": str(job.pk),
        "kind": "tests.steps",
        "title": "Count in steps",
        "subject": "",
        "status": "queued",
        "done": 0,
        "total": 0,
        "note": "",
        "cancelRequested": False,
        "result": None,
        "error": None,
        "attempt": 0,
        "traceId": job.trace_id,
        "createdAt": job.created_at.isoformat(),
        "startedAt": None,
        "finishedAt": None,
        "url": f"/jobs/{job.pk}/",
    }
    assert kinds  # its kinds are what the page is about


def test_admins_look_at_their_organisations_jobs_only(world: World, job: Job) -> None:
    theirs = submit("tests.refuse", user=world.carl, organization=world.rival, subject="theirs")
    listing = reverse("admin:jobs_job_changelist")
    for user, seen in ((world.amy, {job.pk}), (world.operator, {job.pk, theirs.pk})):
        rows = world.client(user).get(listing).context["cl"].queryset
        assert {row.pk for row in rows} == seen
    one = reverse("admin:jobs_job_change", args=[theirs.pk])
    assert world.client(world.amy).get(one).status_code == 302  # "doesn't exist", then the list
    assert world.client(world.operator).get(one).status_code == 200
    assert world.client(world.operator).post(one, {"status": "failed"}).status_code == 403
