"""Jobs of the catalog. Each loads its row and calls one function."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Project, User
from catalog.actions.sources import (
    PreparedSource,
    create_source,
    discard_stem,
    prepare_source,
)
from catalog.connectors.base import SourceError
from catalog.intake.errors import IntakeError
from catalog.models import Run, Upload
from catalog.running import explain_failure
from catalog.schedules.registry import TASK_TYPES
from common import clock
from common.jobs import JobCancelled, JobContext, JobFailed, LeaseLost, job
from common.jobs.models import Job


def end_run(ended: Job, reason: dict[str, Any]) -> None:
    """The job of a run failed or was cancelled, perhaps without having started."""
    runs = Run.objects.filter(job=ended.pk, status__in=(Run.Status.QUEUED, Run.Status.RUNNING))
    runs.update(
        status=Run.Status.FAILED, finished_at=clock.now(), error=str(reason["message"])[:500]
    )


@job("catalog.run_schedule", title="Run a schedule", retry="always", on_failure=end_run)
def run_schedule(ctx: JobContext, *, run_id: int) -> dict[str, Any]:
    """Run the schedule's task as its owner; the run keeps what came of it."""
    run = Run.objects.select_related("schedule__owner", "schedule__report__source").get(pk=run_id)
    rows = Run.objects.filter(pk=run.pk)
    rows.update(status=Run.Status.RUNNING, started_at=clock.now())
    try:
        facts = _execute(run)
    except (JobCancelled, LeaseLost):
        raise
    except Exception as error:
        sentence = explain_failure(error)
        rows.update(status=Run.Status.FAILED, finished_at=clock.now(), error=sentence[:500])
        if isinstance(error, SourceError | PermissionDenied):
            raise JobFailed(sentence) from error
        raise
    rows.update(status=Run.Status.SUCCEEDED, finished_at=clock.now(), result=facts)
    return facts


def _execute(run: Run) -> dict[str, Any]:
    if run.schedule.is_trashed:
        raise PermissionDenied(_("The schedule is in the trash."))
    return TASK_TYPES[run.schedule.task_type].execute(run)


def drop_prepared(ended: Job, reason: dict[str, Any]) -> None:
    """Remove the converted file of a source that did not come to be, whoever died on the way."""
    step = ended.steps.filter(key="stem").first()
    if step is not None:
        stem = str(step.result)
        transaction.on_commit(lambda: discard_stem(stem))


@job(
    "catalog.create_file_source",
    title="Read a file into a data source",
    retry="always",
    on_failure=drop_prepared,
)
def create_file_source(
    ctx: JobContext, *, upload_id: str, name: str, description: str, project_id: int
) -> dict[str, Any]:
    """Convert the upload, then write the source; a repeated conversion leaves no second file."""
    with _said_plainly():
        user, upload, project = _load(ctx, upload_id, project_id)
        stem = ctx.step("stem", lambda: str(uuid.uuid4()))
        ctx.progress(done=0, total=2, note=_("Reading %(name)s") % {"name": upload.name})
        prepared = PreparedSource.from_json(
            ctx.step("convert", lambda: _convert(ctx, user, upload, stem))
        )
        ctx.progress(done=1, total=2, note=_("Saving the data source"))
        with transaction.atomic():
            source = create_source(
                actor=user, project=project, name=name, description=description, prepared=prepared
            )
            result = {
                "id": source.pk,
                "name": source.name,
                "rows": prepared.rows,
                "url": reverse("catalog:source-detail", args=[source.pk]),
            }
            ctx.finish(result)
    return result


def _load(ctx: JobContext, upload_id: str, project_id: int) -> tuple[User, Upload, Project]:
    user = ctx.job.user
    upload = Upload.objects.visible_to(user).filter(pk=upload_id).first() if user else None
    if user is None or upload is None:
        raise JobFailed(_("The uploaded file is not there any more. Upload it again."))
    project = Project.objects.visible_to(user).filter(pk=project_id).first()
    if project is None:
        raise JobFailed(_("The project is not there any more, or you may not see it."))
    return user, upload, project


def _convert(ctx: JobContext, user: User, upload: Upload, stem: str) -> dict[str, Any]:
    def cancelled() -> bool:
        ctx.check()
        return False

    return prepare_source(actor=user, upload=upload, cancelled=cancelled, stem=stem).to_json()


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What is wrong with the file or the person's rights is a sentence on the job's page."""
    try:
        yield
    except (IntakeError, SourceError) as error:
        raise JobFailed(f"{error.message} {error.hint}".strip()) from error
    except PermissionDenied as error:
        raise JobFailed(str(error)) from error
