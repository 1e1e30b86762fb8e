"""Jobs of the catalog. Each loads its row and calls one function."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.models import Project
from catalog.actions.sources import (
    PreparedSource,
    create_source,
    discard_prepared,
    prepare_source,
)
from catalog.models import Run, Upload
from catalog.running import explain_failure
from catalog.schedules.registry import TASK_TYPES
from common import clock
from common.http.problems import Problem
from common.jobs import JobContext, job


@job("catalog.run_schedule", title="Run a schedule", retry="always")
def run_schedule(ctx: JobContext, *, run_id: int) -> dict[str, Any]:
    """Run the schedule's task as its owner; the run keeps what came of it."""
    run = Run.objects.select_related("schedule__owner", "schedule__report__source").get(pk=run_id)
    Run.objects.filter(pk=run.pk).update(status=Run.Status.RUNNING, started_at=clock.now())
    try:
        facts = TASK_TYPES[run.schedule.task_type].execute(run)
    except Exception as error:
        Run.objects.filter(pk=run.pk).update(
            status=Run.Status.FAILED, finished_at=clock.now(), error=explain_failure(error)[:500]
        )
        raise
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.SUCCEEDED, finished_at=clock.now(), result=facts
    )
    return facts


@job("catalog.create_file_source", title="Read a file into a data source", retry="always")
def create_file_source(
    ctx: JobContext, *, upload_id: str, name: str, description: str, project_id: int
) -> dict[str, Any]:
    """Convert the upload, then write the source; a repeated conversion leaves no second file."""
    user = ctx.job.user
    upload = Upload.objects.visible_to(user).get(pk=upload_id)
    project = Project.objects.visible_to(user).get(pk=project_id)
    ctx.progress(done=0, total=2, note=f"Reading {upload.name}")
    prepared = PreparedSource.from_json(
        ctx.step("convert", lambda: prepare_source(actor=user, upload=upload).to_json())
    )
    ctx.progress(done=1, total=2, note="Saving the data source")
    try:
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
    except Problem:
        discard_prepared(prepared)
        raise
    return result
