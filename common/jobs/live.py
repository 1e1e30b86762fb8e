"""The topic ``job:<id>``: open to whoever may see the job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from common.jobs.models import Job
from common.realtime import register_topic


def may_follow(user: Any, job_id: str) -> bool:
    try:
        key = UUID(job_id)
    except ValueError:
        return False
    return Job.objects.visible_to(user).filter(pk=key).exists()


register_topic("job", may_follow)
