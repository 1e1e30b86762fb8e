"""Jobs of the wizard, what it does every so often, and its live topic."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from common.jobs import JobContext, job
from common.jobs.periodic import register_periodic
from common.realtime import register_topic
from wizard.executor import dry_run as rehearsal
from wizard.executor import execute as execution
from wizard.executor.failure import execution_failed
from wizard.executor.leftovers import sweep
from wizard.executor.upkeep import discard_abandoned, expire_sessions
from wizard.models import WizardSession


@job("wizard.dry_run", title="Try a plan out", on_failure=rehearsal.dry_run_failed)
def dry_run(ctx: JobContext, *, session_id: str, sha256: str) -> dict[str, Any] | None:
    return rehearsal.dry_run(ctx, session_id, sha256)


@job("wizard.execute", title="Execute a plan", on_failure=execution_failed)
def execute(ctx: JobContext, *, session_id: str, sha256: str) -> dict[str, Any] | None:
    return execution.execute(ctx, session_id, sha256)


def may_follow(user: Any, session_id: str) -> bool:
    try:
        key = UUID(session_id)
    except ValueError:
        return False
    return WizardSession.objects.visible_to(user).filter(pk=key).exists()


register_topic("wizard", may_follow)
register_periodic("wizard.expire", 30, expire_sessions)
register_periodic("wizard.discard", 600, discard_abandoned)
register_periodic("wizard.sweep", 3600, sweep)
