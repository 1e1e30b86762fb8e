"""Downloads of models. The job is the truth of what runs; the row is what people see of it."""

from __future__ import annotations

import math
import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from common.http.codes import CODES
from common.jobs.models import Job, JobStatus
from common.models import TenantModel
from common.querysets import TenantQuerySet


class PullQuerySet(TenantQuerySet["ModelPull"]):
    def shown(self) -> Self:
        return self.filter(dismissed_at__isnull=True)


class ModelPull(TenantModel):
    """``completed`` of ``total`` bytes over all layers. A resumed pull keeps its row and gets a new
    job: the server goes on where it was."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey("llm.Provider", on_delete=models.CASCADE, related_name="pulls")
    name = models.CharField(_("model"), max_length=300)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(_("status"), max_length=200, blank=True)
    completed = models.PositiveBigIntegerField(_("bytes so far"), default=0)
    total = models.PositiveBigIntegerField(_("bytes in all"), default=0)
    bytes_per_second = models.FloatField(_("bytes per second"), null=True)
    dismissed_at = models.DateTimeField(_("dismissed"), null=True)

    objects = PullQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("download of a model")
        verbose_name_plural = _("downloads of models")
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="modelpull_by_organization")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """queued, running, succeeded, failed, cancelled; "interrupted" when its job is gone."""
        return str(self.job.status) if self.job is not None else "interrupted"

    @property
    def is_active(self) -> bool:
        job: Job | None = self.job
        return job is not None and job.is_active

    @property
    def can_resume(self) -> bool:
        return not self.is_active and self.state != JobStatus.SUCCEEDED

    @property
    def plain_problem(self) -> str:
        """Why it failed, without the server's own words: they are for those who manage it."""
        error = (self.job.error if self.job is not None else None) or {}
        if error.get("code") == "MODEL_MISSING":
            return _now("There is no model of this name to download.")
        return str(CODES.get(error.get("code", ""), CODES["MODEL_FAILED"]).message)

    @property
    def seconds_left(self) -> float | None:
        if not self.is_active or not self.bytes_per_second or not self.total:
            return None
        return max(0, self.total - self.completed) / self.bytes_per_second

    @property
    def time_left(self) -> timedelta | None:
        left = self.seconds_left
        return None if left is None else timedelta(seconds=math.ceil(min(left, 10**6)))
