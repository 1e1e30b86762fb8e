"""Who may do what: log in by e-mail, and permissions on one object."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.db import models
from django.http import HttpRequest

from accounts.models import Project, ProjectAccess, ProjectMember, User


class EmailBackend(ModelBackend):
    """Logs in by e-mail address, ignoring case; takes the same time for unknown ones."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        email = username or kwargs.get("email")
        if not email or password is None:
            return None
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


class ObjectPermissions(BaseBackend):
    """``user.has_perm("catalog.change_report", report)``.

    The object must be of the user's organisation, the role must hold the permission, and: to see,
    the project must be open or joined; to change, one must own the object, edit its project, or
    be an Admin.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: models.Model | None = None) -> bool:
        if obj is None or not user_obj.is_active or user_obj.organization_id is None:
            return False
        if getattr(obj, "organization_id", None) != user_obj.organization_id:
            return False
        if not user_obj.has_perm(perm):
            return False
        if user_obj.is_organization_admin:
            return True
        project = obj if isinstance(obj, Project) else getattr(obj, "project", None)
        if perm.partition(".")[2].startswith("view_"):
            return project is None or _may_see(user_obj, project)
        if getattr(obj, "owner_id", None) == user_obj.pk:
            return project is None or _may_see(user_obj, project)
        return project is not None and _is_editor(user_obj, project)


def _may_see(user: User, project: Project) -> bool:
    return project.access == ProjectAccess.ORGANIZATION or project.pk in _memberships(user)


def _is_editor(user: User, project: Project) -> bool:
    return _memberships(user).get(project.pk) == ProjectMember.Role.EDITOR


def _memberships(user: User) -> dict[int, str]:
    """Project → role, read once per user object (that is, per request)."""
    if not hasattr(user, "_memberships"):
        user._memberships = dict(user.memberships.values_list("project_id", "role"))  # type: ignore[attr-defined]
    cached: dict[int, str] = user._memberships  # type: ignore[attr-defined]
    return cached
