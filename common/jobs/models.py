"""Jobs and the checkpoints of their steps."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common import clock
from common.jobs import registry


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> Self:
        """One's own jobs; an organisation's Admin sees all of the organisation."""
        if not user.is_active or not user.is_authenticated:
            return self.none()
        rows = self.filter(organization_id=user.organization_id)
        return rows if user.is_organization_admin else rows.filter(user_id=user.pk)

    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def runnable(self) -> Self:
        due = Q(run_after__isnull=True) | Q(run_after__lte=clock.now())
        return self.filter(due, status=JobStatus.QUEUED)

    def in_lane(self, lane: registry.Lane | None) -> Self:
        """What a carrier of this lane may take; None for one that carries all."""
        if lane is None:
            return self
        transfers = Q(kind__in=registry.transfers())
        return self.filter(transfers if lane == "transfer" else ~transfers)

    def ended_before(self, moment: datetime) -> Self:
        """Created before it too, of course: that is what the index knows."""
        return self.filter(status__in=ENDED, created_at__lt=moment, finished_at__lt=moment)

    def expired(self) -> Self:
        """Running by the table, but nobody has renewed the lease."""
        return self.filter(status=JobStatus.RUNNING, lease_until__lt=clock.now())

    def held_by(self, owner: str) -> Self:
        """The fence: every write of a run goes through this filter."""
        return self.filter(status=JobStatus.RUNNING, owner=owner)


class Job(models.Model):
    Status = JobStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=80)
    payload = models.JSONField(_("payload"), default=dict)
    subject = models.CharField(_("subject"), max_length=120, blank=True, db_index=True)
    dedupe_key = models.CharField(_("deduplication key"), max_length=160, blank=True)
    organization = models.ForeignKey(
        "accounts.Organization",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("organization"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("user"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("attempts at most"), default=3)
    owner = models.CharField(_("run by"), max_length=120, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    run_after = models.DateTimeField(_("not before"), null=True, blank=True)
    dispatched_at = models.DateTimeField(_("dispatched"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("cancel requested"), null=True, blank=True)
    # Whatever the kind counts: rows, steps, bytes.
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)
    result = models.JSONField(_("result"), null=True, blank=True, encoder=DjangoJSONEncoder)
    error = models.JSONField(_("error"), null=True, blank=True)
    trace_id = models.CharField(_("trace ID"), max_length=32, blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("job")
        indexes = [
            models.Index(fields=["status", "created_at"], name="job_queue"),
            models.Index(fields=["status", "lease_until"], name="job_lease"),
            models.Index(fields=["organization", "-created_at"], name="job_by_organization"),
            models.Index(fields=["user", "-created_at"], name="job_by_user"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedupe_key"],
                condition=Q(status__in=["queued", "running"]) & ~Q(dedupe_key=""),
                name="job_one_active_per_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_status_display()})"

    def get_absolute_url(self) -> str:
        return reverse("jobs:job-detail", args=[self.pk])

    @property
    def title(self) -> str:
        kind = registry.find(self.kind)
        return str(kind.title) if kind else self.kind

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def topic(self) -> str:
        """Where its progress is published."""
        return f"job:{self.pk}"

    @property
    def result_url(self) -> str:
        """Where the result is, if the handler said so: an address within this site only."""
        url = self.result.get("url") if isinstance(self.result, dict) else None
        local = isinstance(url, str) and url.startswith("/") and not url.startswith(("//", "/\\"))
        return str(url) if local else ""


class JobStep(models.Model):
    """A finished step and its result; it is never run again for this job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(_("step"), max_length=120)
    result = models.JSONField(_("result"), null=True, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("at"), default=clock.now)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("step of a job")
        verbose_name_plural = _("steps of jobs")
        constraints = [models.UniqueConstraint(fields=["job", "key"], name="job_step_once")]

    def __str__(self) -> str:
        return self.key


class PeriodicTask(models.Model):
    """When a periodic function is due next; claimed by one conditional UPDATE."""

    name = models.CharField(_("name"), max_length=80, primary_key=True)
    next_at = models.DateTimeField(_("next"))
    last_at = models.DateTimeField(_("last"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("periodic task")

    def __str__(self) -> str:
        return self.name
