"""Reports: a question to a data source and how its answer is drawn."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from pydantic import TypeAdapter

from catalog.charts.spec import ChartSpec
from catalog.models.base import CatalogItem, CatalogQuerySet
from catalog.models.sources import DataSource
from catalog.query.spec import AnyQuery, ReportQuery, SqlQuery

_QUERY: TypeAdapter[ReportQuery | SqlQuery] = TypeAdapter(AnyQuery)


class ReportStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")


class Report(CatalogItem):
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="reports")
    query = models.JSONField()
    chart = models.JSONField()
    status = models.CharField(max_length=10, choices=ReportStatus.choices, default="published")
    tags = models.JSONField(default=list, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = CatalogQuerySet.as_manager()

    class Meta(CatalogItem.Meta):
        verbose_name = _("report")

    @property
    def query_spec(self) -> ReportQuery | SqlQuery:
        return _QUERY.validate_python(self.query)

    @property
    def chart_spec(self) -> ChartSpec:
        return ChartSpec.model_validate(self.chart)


class ReportColumn(models.Model):
    """Which source column a report uses: what impact and lineage are read from."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="columns_used")
    table = models.CharField(max_length=255)
    column = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "table", "column"], name="reportcolumn_once")
        ]
        indexes = [models.Index(fields=["table", "column"], name="reportcolumn_by_column")]

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


class Revision(models.Model):
    """What an item looked like at one version: history, preview and restore read it."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+"
    )
    item_type = models.CharField(max_length=20)
    item_id = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField()
    snapshot = models.JSONField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    origin = models.CharField(max_length=10)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["item_type", "item_id", "version"], name="revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_type} {self.item_id} v{self.version}"


def dump_query(query: ReportQuery | SqlQuery) -> dict[str, Any]:
    return query.model_dump(mode="json", exclude_defaults=False)
