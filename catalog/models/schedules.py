"""Schedules and their runs."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.base import CatalogItem, CatalogQuerySet
from catalog.models.dashboards import Dashboard
from catalog.models.reports import Report
from common import clock
from common.models import TenantModel
from common.querysets import TenantQuerySet


class ScheduleQuerySet(CatalogQuerySet["Schedule"]):  # type: ignore[override]
    def due(self) -> Self:
        return self.live().filter(active=True, next_run_at__lte=clock.now())


class Schedule(CatalogItem):
    """Runs a task on a report or a dashboard by a cron line read in a time zone."""

    task_type = models.CharField(_("task"), max_length=40, default="refresh_report")
    report = models.ForeignKey(
        Report, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules"
    )
    dashboard = models.ForeignKey(
        Dashboard, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules"
    )
    cron = models.CharField(_("cron line"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    active = models.BooleanField(_("active"), default=True)
    next_run_at = models.DateTimeField(null=True, db_index=True, editable=False)
    last_run_at = models.DateTimeField(null=True, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta(CatalogItem.Meta):
        verbose_name = _("schedule")
        constraints = [
            *CatalogItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(report__isnull=False, dashboard__isnull=True)
                | Q(report__isnull=True, dashboard__isnull=False),
                name="schedule_has_one_target",
            ),
        ]

    @property
    def target(self) -> Report | Dashboard:
        target = self.report or self.dashboard
        assert target is not None  # noqa: S101  (a check constraint holds it)
        return target


class Run(TenantModel):
    """One execution of a schedule; ``due_at`` makes it happen once a slot."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    due_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    job = models.UUIDField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at"]
        verbose_name = _("run")
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="run_once")]

    def __str__(self) -> str:
        return f"{self.schedule} · {self.due_at:%Y-%m-%d %H:%M}"
