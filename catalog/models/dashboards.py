"""Dashboards: reports side by side on a grid of twelve columns."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.base import CatalogItem, CatalogQuerySet
from catalog.models.reports import Report

GRID_COLUMNS = 12


class Dashboard(CatalogItem):
    filters = models.JSONField(default=list, blank=True)
    refresh_seconds = models.PositiveIntegerField(
        _("refresh every (seconds)"), null=True, blank=True, validators=[MinValueValidator(10)]
    )

    objects = CatalogQuerySet.as_manager()

    class Meta(CatalogItem.Meta):
        verbose_name = _("dashboard")


class Widget(models.Model):
    class Kind(models.TextChoices):
        CHART = "chart", _("Chart")
        TABLE = "table", _("Table")
        NUMBER = "number", _("Number")
        TEXT = "text", _("Text")

    dashboard = models.ForeignKey(Dashboard, on_delete=models.CASCADE, related_name="widgets")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHART)
    report = models.ForeignKey(
        Report, null=True, blank=True, on_delete=models.PROTECT, related_name="widgets"
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=5000, blank=True)
    x = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(11)])
    y = models.PositiveSmallIntegerField(default=0)
    w = models.PositiveSmallIntegerField(default=6)
    h = models.PositiveSmallIntegerField(default=4)
    tab = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["tab", "y", "x", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="text") | models.Q(report__isnull=False),
                name="widget_has_report_or_text",
            ),
            models.CheckConstraint(
                condition=models.Q(w__gte=1, w__lte=12, h__gte=1, h__lte=40), name="widget_size"
            ),
        ]

    def __str__(self) -> str:
        return self.title or (self.report.name if self.report else str(self.get_kind_display()))
