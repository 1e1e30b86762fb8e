"""Abstract bases that every tenant row stands on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class TimestampedModel(models.Model):
    created_at = models.DateTimeField(_("created"), auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    class Meta:
        abstract = True


class TenantModel(TimestampedModel):
    """Belongs to one organisation. Its manager must offer ``visible_to`` (a system check asks)."""

    organization = models.ForeignKey(
        "accounts.Organization",
        on_delete=models.PROTECT,
        verbose_name=_("organization"),
        related_name="+",
    )

    class Meta:
        abstract = True


class VersionedModel(models.Model):
    """Optimistic locking: a save that names an older version is refused by the action."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True


class TrashableModel(models.Model):
    """Deletion moves to the trash; rows of one deletion share ``trash_batch``."""

    trashed_at = models.DateTimeField(_("trashed"), null=True, blank=True, editable=False)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    trash_batch = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_trashed(self) -> bool:
        return self.trashed_at is not None


def snapshot(instance: models.Model, fields: tuple[str, ...]) -> dict[str, Any]:
    """The named fields as JSON-able values, for revisions, audit and undo."""
    return {name: _plain(instance, name) for name in fields}


def _plain(instance: models.Model, name: str) -> Any:
    field = instance._meta.get_field(name)
    if isinstance(field, models.ForeignKey):
        return getattr(instance, field.attname)
    value = getattr(instance, name)
    if (
        isinstance(field, models.JSONField)
        or value is None
        or isinstance(value, bool | int | float)
    ):
        return value
    return str(value)
