"""Data sources, what was found in them, and the uploads they come from."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.connectors.base import ColumnInfo, Connection, TableInfo
from catalog.models.base import CatalogItem, CatalogQuerySet
from common import clock
from common.crypto import EncryptedJSONField
from common.models import TenantModel, TimestampedModel
from common.querysets import TenantQuerySet


class UploadQuerySet(TenantQuerySet["Upload"]):
    def visible_to(self, user: Any) -> Self:
        """Only one's own, and only while they are kept."""
        rows = super().visible_to(user)
        return rows.filter(owner_id=user.pk, expires_at__gt=clock.now())

    def expired(self) -> Self:
        return self.filter(expires_at__lte=clock.now())


class Upload(TenantModel):
    """A file on its way to something lasting: kept a day, seen only by its owner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    inspection = models.JSONField(default=dict)
    expires_at = models.DateTimeField(db_index=True)

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / "uploads" / str(self.pk)


class SourceStatus(models.TextChoices):
    READY = "ready", _("Ready")
    FAILING = "failing", _("Failing")


class DataSource(CatalogItem):
    kind = models.CharField(_("type"), max_length=30)
    config = models.JSONField(_("settings"), default=dict)
    secret = EncryptedJSONField(default=dict, editable=False, blank=True)
    status = models.CharField(max_length=10, choices=SourceStatus.choices, default="ready")
    status_detail = models.CharField(max_length=500, blank=True)
    tested_at = models.DateTimeField(null=True)
    introspected_at = models.DateTimeField(null=True)
    data_version = models.PositiveIntegerField(default=1, editable=False)
    restricted = models.BooleanField(
        _("only those who may see the source see its data"), default=False
    )

    objects = CatalogQuerySet.as_manager()

    class Meta(CatalogItem.Meta):
        verbose_name = _("data source")
        permissions = [
            ("add_database_source", "Can connect databases"),
            ("use_sql", "Can write SQL"),
            ("export_data", "Can export data"),
            ("view_sensitive", "Can see sensitive columns"),
            ("share_publicly", "Can make share links"),
        ]

    def all_tables(self) -> list[SourceTable]:
        """Tables with files and columns: two queries for the first call, then none."""
        if "tables" not in getattr(self, "_prefetched_objects_cache", {}):
            tables = SourceTable.objects.select_related("file").prefetch_related("columns")
            models.prefetch_related_objects([self], models.Prefetch("tables", queryset=tables))
        return list(self.tables.all())

    def table_infos(self) -> list[TableInfo]:
        """The tables as the engines know them."""
        return [table.info() for table in self.all_tables()]

    def connection(self) -> Connection:
        """What the connector needs."""
        return Connection(
            kind=self.kind,
            config=self._resolved_config(),
            secret=self.secret or {},
            tables=[table.for_connector() for table in self.all_tables() if table.file_id],
        )

    def _resolved_config(self) -> dict[str, Any]:
        config = dict(self.config)
        if stored := config.pop("stored_file", None):
            config["path"] = str(stored_path(stored))
        return config


class SourceFile(TimestampedModel):
    """One converted file: where its rows lie, how it was read, what was repaired."""

    source = models.ForeignKey(DataSource, on_delete=models.CASCADE, related_name="files")
    original_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=80)
    sheet = models.CharField(max_length=255, blank=True)
    options = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    rows = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.original_name

    @property
    def path(self) -> Path:
        return stored_path(self.stored)


class SourceTable(models.Model):
    source = models.ForeignKey(DataSource, on_delete=models.CASCADE, related_name="tables")
    file = models.ForeignKey(SourceFile, null=True, on_delete=models.CASCADE, related_name="tables")
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=255)
    label = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, default="table")
    rows = models.PositiveBigIntegerField(null=True)
    foreign_keys = models.JSONField(default=list)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="sourcetable_once"),
        ]

    def __str__(self) -> str:
        return self.label

    def info(self) -> TableInfo:
        return TableInfo(
            name=self.name,
            label=self.label,
            columns=[column.info() for column in self.columns.all()],
            rows=self.rows,
            kind=self.kind,  # type: ignore[arg-type]
            foreign_keys=[tuple(key) for key in self.foreign_keys],
        )

    def for_connector(self) -> dict[str, Any]:
        columns = [
            {
                "name": column.name,
                "label": column.label,
                "type": column.type,
                "semantic": column.semantic,
                "stats": column.stats,
            }
            for column in self.columns.all()
        ]
        path = str(self.file.path) if self.file else ""
        return {"name": self.name, "label": self.label, "path": path, "columns": columns}


class SourceColumn(models.Model):
    """``name`` is what queries say, ``label`` what people read."""

    table = models.ForeignKey(SourceTable, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    label = models.CharField(max_length=255)
    type = models.CharField(max_length=12)
    semantic = models.CharField(max_length=12, default="text")
    nullable = models.BooleanField(default=True)
    primary_key = models.BooleanField(default=False)
    sensitive = models.BooleanField(default=False)
    stats = models.JSONField(default=dict)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["table", "name"], name="sourcecolumn_once"),
        ]

    def __str__(self) -> str:
        return self.label

    def info(self) -> ColumnInfo:
        return ColumnInfo(
            name=self.name,
            label=self.label,
            type=self.type,  # type: ignore[arg-type]
            semantic=self.semantic,  # type: ignore[arg-type]
            nullable=self.nullable,
            primary_key=self.primary_key,
            sensitive=self.sensitive,
            stats=self.stats,
        )


def stored_path(stored: str) -> Path:
    """Where a converted or kept file lies; ``stored`` is a random name of our own making."""
    return Path(settings.MEDIA_ROOT) / "sources" / Path(stored).name
