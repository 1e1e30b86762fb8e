"""The URLs of the kernel: notices, jobs."""

from __future__ import annotations

from typing import Any

from common.jobs.models import Job
from tests.contracts import POST, Contract
from tests.world import World


def make_job(world: World) -> Job:
    return Job.objects.create(
        kind="tests.sleep", subject="Secret", organization=world.acme, user=world.bob
    )


def job(world: World) -> tuple[Any, ...]:
    return (make_job(world).pk,)


CONTRACTS = {
    "notice-dismissal": Contract(
        elsewhere="common/test_notices.py: POST only, about nothing but one's own session"
    ),
    "jobs:job-detail": Contract(args=job, fragment=True, queries=10),
    "jobs:job-cancellation": Contract(args=job, methods=POST),
}

ADMIN_ROWS = {"jobs.job": make_job}
