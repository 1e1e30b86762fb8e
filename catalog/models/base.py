"""What all catalog items share: a home, a name, an owner, a version, and a way to the trash."""

from __future__ import annotations

import uuid
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from common.models import TenantModel, TrashableModel, VersionedModel
from common.querysets import ProjectQuerySet, TrashableQuerySet

_M = TypeVar("_M", bound=models.Model)


class CatalogQuerySet(ProjectQuerySet[_M], TrashableQuerySet[_M]):  # type: ignore[override]
    """Live rows only: the trash exists on its own page and nowhere else."""

    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user).live()

    def trash_of(self, user: Any) -> Self:
        """What the user may see in the trash."""
        return super().visible_to(user).trashed()

    def matching(self, text: str) -> Self:
        """Rows whose name or description holds every word of ``text``, ignoring case."""
        rows = self
        for word in text.replace("\0", " ").split()[:8]:
            found = Q()
            for way in _spellings(word):
                found |= Q(name__icontains=way) | Q(description__icontains=way)
            rows = rows.filter(found)
        return rows


def _spellings(word: str) -> set[str]:
    """SQLite ignores the case of ASCII letters only, so other letters are given in both."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


class CatalogItem(TenantModel, VersionedModel, TrashableModel):
    """A data source, report, dashboard or schedule. ``key`` survives export and import."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(
        "accounts.Project", on_delete=models.PROTECT, related_name="+", verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("owner"),
    )

    class Meta:
        abstract = True
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "project",
                Lower("name"),
                condition=Q(trashed_at__isnull=True),
                name="%(class)s_name_unique_in_project",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-updated_at"], name="%(class)s_by_change"),
        ]

    def __str__(self) -> str:
        return self.name
