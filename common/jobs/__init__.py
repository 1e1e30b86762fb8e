"""Background work. The ``Job`` table is the truth; threads or RQ only carry ids.

    @job("catalog.convert_upload", title="Convert a file")
    def convert_upload(ctx: JobContext, *, upload_id: str) -> dict[str, Any]: ...

    submit("catalog.convert_upload", payload={"upload_id": "…"}, organization=org, user=user)

Handlers live in an app's ``tasks.py``, which is imported at start. A finished step is never
repeated; a step in flight may run twice after a crash, so steps are idempotent or their kind says
``retry="never"``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from common.jobs.errors import JobCancelled, JobFailed, JobInterrupted, JobRetry, LeaseLost
from common.jobs.registry import job, register

if TYPE_CHECKING:
    from common.jobs.actions import cancel, submit
    from common.jobs.context import JobContext
    from common.jobs.engine import run_pending

__all__ = [
    "JobCancelled",
    "JobContext",
    "JobFailed",
    "JobInterrupted",
    "JobRetry",
    "LeaseLost",
    "cancel",
    "job",
    "register",
    "run_pending",
    "submit",
]

# These need models, which cannot be imported while Django is still loading this package.
_LATER = {
    "JobContext": "common.jobs.context",
    "cancel": "common.jobs.actions",
    "run_pending": "common.jobs.engine",
    "submit": "common.jobs.actions",
}


def __getattr__(name: str) -> Any:
    if module := _LATER.get(name):
        return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
