"""The jobs' own upkeep: expired leases, lost messages, jobs of long ago."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import CASCADE, Exists, ForeignObjectRel, OuterRef

from common import clock
from common.jobs import dispatch, settlement
from common.jobs.models import Job, JobQuerySet
from common.jobs.periodic import register_periodic

BATCH = 500


def forget_old() -> int:
    """Delete jobs that ended long ago, with their steps. Returns how many.

    What another row still points at is kept: it may be asked how its job ended.
    """
    limit = clock.now() - timedelta(days=settings.JOB_DAYS)
    old = _referenced_nowhere(Job.objects.ended_before(limit).order_by("created_at"))
    count = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        Job.objects.filter(pk__in=batch).delete()
        count += len(batch)
    return count


def _referenced_nowhere(jobs: JobQuerySet) -> JobQuerySet:
    for relation in Job._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is not CASCADE:
            rows = relation.related_model._base_manager
            jobs = jobs.exclude(Exists(rows.filter(**{relation.field.name: OuterRef("pk")})))
    return jobs


register_periodic("jobs.reap", settings.SCHEDULER_INTERVAL, settlement.reap)
register_periodic("jobs.redispatch", settings.SCHEDULER_INTERVAL, dispatch.redispatch)
register_periodic("jobs.forget_old", 3600, forget_old)
