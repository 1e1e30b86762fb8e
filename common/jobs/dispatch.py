"""Hand a queued job to whatever carries jobs here: the threads of this process, or Redis.

Redis carries the work lane only. Transfers are found in the table by the processes that run them.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from common import clock
from common.jobs import embedded, registry
from common.jobs.models import Job

log = structlog.get_logger(__name__)


def send(job: Job) -> None:
    """Harmless to repeat: a delivery that comes second finds nothing to claim."""
    lane = registry.lane_of(job.kind)
    if lane == "transfer" or not settings.REDIS_URL:
        embedded.wake(lane)
    elif job.run_after is None or job.run_after <= clock.now():
        _enqueue([job])


def redispatch() -> int:
    """Send again what is queued but lost: Redis was emptied or away, or it is due only now."""
    if not settings.REDIS_URL:
        embedded.wake()
        return 0
    overdue = clock.now() - timedelta(seconds=2 * settings.JOB_LEASE)
    waiting = Job.objects.runnable().in_lane("work")
    lost = waiting.filter(Q(dispatched_at=None) | Q(dispatched_at__lt=overdue))
    return _enqueue(list(lost.order_by("created_at")[:500]), again=True)


def _enqueue(jobs: list[Job], *, again: bool = False) -> int:
    # Imported here: django_rq is an installed app only where there is a Redis.
    from redis.exceptions import RedisError

    from common.jobs import rq

    try:
        sent = rq.enqueue(jobs, again=again)
    except RedisError as error:
        log.error("jobs wait: Redis does not answer", jobs=len(jobs), error=str(error)[:200])
        return 0
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(dispatched_at=clock.now())
    return sent
