"""Jobs of long ago are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from common import clock
from common.jobs import periodic, upkeep
from common.jobs.models import Job, JobStatus, JobStep
from llm.models import ModelPull, Provider
from tests.world import World

pytestmark = pytest.mark.django_db


def ended(days: float, **fields: Any) -> Job:
    moment = clock.now() - timedelta(days=days)
    values = {"status": JobStatus.SUCCEEDED, "created_at": moment, "finished_at": moment}
    job = Job.objects.create(kind="tests.steps", **(values | fields))
    JobStep.objects.create(job=job, key="first")
    return job


def test_what_ended_long_ago_goes_with_its_steps() -> None:
    for status in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED):
        ended(settings.JOB_DAYS + 1, status=status)
    young = ended(settings.JOB_DAYS - 1)
    assert upkeep.forget_old() == 3
    assert list(Job.objects.all()) == [young]
    assert [step.job for step in JobStep.objects.all()] == [young]


def test_what_has_not_ended_or_not_long_ago_stays() -> None:
    ended(90, status=JobStatus.QUEUED, finished_at=None)
    ended(90, status=JobStatus.RUNNING, finished_at=None)
    ended(90, finished_at=clock.now())
    assert upkeep.forget_old() == 0
    assert Job.objects.count() == 3


def test_many_go_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    for _number in range(5):
        ended(90)
    assert upkeep.forget_old() == 5
    assert not Job.objects.exists()


def test_a_job_that_a_row_points_at_stays_as_long_as_the_row(world: World) -> None:
    provider = Provider.objects.create(name="Here", kind="ollama", organization=world.acme)
    job = ended(90)
    pull = ModelPull.objects.create(
        provider=provider, name="small", job=job, organization=world.acme
    )
    assert upkeep.forget_old() == 0
    pull.delete()
    assert upkeep.forget_old() == 1


def test_it_is_done_periodically() -> None:
    assert "jobs.forget_old" in periodic._tasks
