"""The page of one job, and its cancellation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.http.htmx import is_htmx, redirect, trigger
from common.jobs import actions
from common.jobs.models import Job


@require_safe
def job_detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = _load(request, job_id)
    context = {"job": job}
    if is_htmx(request):
        response = render(request, "jobs/job_detail.html#progress", context)
        return response if job.is_active else trigger(response, "job-ended", {"id": str(job.pk)})
    response = render(request, "jobs/job_detail.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def job_cancellation(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = _load(request, job_id)
    if not actions.cancel(job):
        messages.info(request, _("This had already ended."))
    elif job.is_active:
        messages.info(request, _("It will stop as soon as it can."))
    return redirect(request, job.get_absolute_url())


def _load(request: HttpRequest, job_id: UUID) -> Job:
    """Jobs of others are not there (404)."""
    jobs: Any = Job.objects.visible_to(request.user)
    job: Job = get_object_or_404(jobs, pk=job_id)
    return job
