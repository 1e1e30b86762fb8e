"""Asking for a permission, with a refusal that names what is missing and whom to ask."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Project, User

WORDS: dict[str, Any] = {
    "catalog.add_datasource": gettext_lazy("create data sources"),
    "catalog.change_datasource": gettext_lazy("change data sources"),
    "catalog.delete_datasource": gettext_lazy("delete data sources"),
    "catalog.view_datasource": gettext_lazy("see data sources"),
    "catalog.view_report": gettext_lazy("see reports"),
    "catalog.add_report": gettext_lazy("create reports"),
    "catalog.change_report": gettext_lazy("change reports"),
    "catalog.delete_report": gettext_lazy("delete reports"),
    "catalog.view_dashboard": gettext_lazy("see dashboards"),
    "catalog.add_dashboard": gettext_lazy("create dashboards"),
    "catalog.change_dashboard": gettext_lazy("change dashboards"),
    "catalog.delete_dashboard": gettext_lazy("delete dashboards"),
    "catalog.view_schedule": gettext_lazy("see schedules"),
    "catalog.add_schedule": gettext_lazy("create schedules"),
    "catalog.change_schedule": gettext_lazy("change schedules"),
    "catalog.delete_schedule": gettext_lazy("delete schedules"),
    "catalog.add_database_source": gettext_lazy("connect databases"),
    "catalog.use_sql": gettext_lazy("write SQL"),
    "catalog.export_data": gettext_lazy("export data"),
    "accounts.manage_members": gettext_lazy("manage members"),
    "accounts.manage_organization": gettext_lazy("change the organization's settings"),
    "accounts.view_audit": gettext_lazy("see the audit trail"),
    "accounts.view_project": gettext_lazy("manage projects"),
    "accounts.add_project": gettext_lazy("create projects"),
    "accounts.change_project": gettext_lazy("change projects"),
    "accounts.change_projectmember": gettext_lazy("change who is in a project"),
    "accounts.delete_projectmember": gettext_lazy("change who is in a project"),
    "llm.manage_models": gettext_lazy("manage language models"),
    "wizard.use_wizard": gettext_lazy("use the AI wizard"),
    "wizard.execute_wizard_plan": gettext_lazy("execute wizard plans"),
}


def explain(permission: str, obj: models.Model | None = None) -> str:
    """The sentence for a missing permission."""
    words = {"deed": WORDS.get(permission, permission), "permission": permission, "name": obj}
    if obj is None:
        return (
            _("Your role may not %(deed)s (%(permission)s). An Admin can give you a role that may.")
            % words
        )
    return (
        _(
            "You may not %(deed)s here (%(permission)s): that takes the owner of “%(name)s”, "
            "an editor of its project, or an Admin."
        )
        % words
    )


def require(user: User | AnonymousUser, permission: str, obj: models.Model | None = None) -> None:
    """Raise ``PermissionDenied`` with a sentence unless ``user`` holds it (on ``obj``)."""
    if getattr(user, "organization_id", None) is None or not user.has_perm(permission):
        raise PermissionDenied(explain(permission))
    if obj is not None and not user.has_perm(permission, obj):
        raise PermissionDenied(explain(permission, obj))


def require_project(user: User, project: Project) -> None:
    """New items may go into ``project``; another organisation's project does not exist."""
    if not Project.objects.editable_by(user).filter(pk=project.pk).exists():
        raise PermissionDenied(
            _("You may not add items to the project “%(name)s”.") % {"name": project}
        )
