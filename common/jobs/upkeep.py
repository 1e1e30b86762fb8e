"""The jobs' own upkeep: expired leases, lost messages."""

from __future__ import annotations

from django.conf import settings

from common.jobs import dispatch, settlement
from common.jobs.periodic import register_periodic

register_periodic("jobs.reap", settings.SCHEDULER_INTERVAL, settlement.reap)
register_periodic("jobs.redispatch", settings.SCHEDULER_INTERVAL, dispatch.redispatch)
