"""``GET /api/v1/jobs/{id}``: where a background task stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from common.jobs.models import Job
from common.jobs.schemas import job_json

router = Router(tags=["jobs"])


@router.get("/{job_id}", response=dict[str, Any], summary="State and result of a job")
def read_job(request: HttpRequest, job_id: UUID) -> dict[str, Any]:
    return job_json(get_object_or_404(Job.objects.visible_to(request.user), pk=job_id))
