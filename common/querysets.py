"""Scope once, on the queryset: who may see which rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

_M = TypeVar("_M", bound=models.Model)


class TenantQuerySet(models.QuerySet[_M]):
    """Rows of the user's organisation. A user without one (an operator) sees none on pages."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        organization_id = getattr(user, "organization_id", None)
        if not user.is_active or organization_id is None:
            return self.none()
        return self.filter(organization_id=organization_id)


class ProjectQuerySet(TenantQuerySet[_M]):
    """Rows in projects the user may see: open ones, those joined, or all for an Admin."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        rows = super().visible_to(user)
        if not user.is_authenticated or user.is_organization_admin:
            return rows
        return rows.filter(
            Q(project__access="organization") | Q(project__in=user.memberships.values("project"))
        )


class TrashableQuerySet(models.QuerySet[_M]):
    def live(self) -> Self:
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> Self:
        return self.filter(trashed_at__isnull=False)
