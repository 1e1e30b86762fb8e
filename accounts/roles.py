"""The three roles and what each may do. One table, granted after every migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps

VIEWER, ANALYST, ADMIN = "Viewer", "Analyst", "Admin"
ROLES = (VIEWER, ANALYST, ADMIN)

_ITEMS = ("datasource", "report", "dashboard", "schedule")
_VIEWER = {
    "catalog.view_report",
    "catalog.view_dashboard",
    "catalog.view_schedule",
    "chat.view_chat",
}
_ANALYST = (
    _VIEWER
    | {f"catalog.{verb}_{item}" for verb in ("view", "add", "change", "delete") for item in _ITEMS}
    | {
        "wizard.use_wizard",
        "wizard.execute_wizard_plan",
        "catalog.use_sql",
        "catalog.export_data",
        "chat.export_chat",
    }
)
_ADMIN = _ANALYST | {
    "catalog.add_database_source",
    "catalog.view_sensitive",
    "catalog.share_publicly",
    "llm.manage_models",
    "accounts.manage_members",
    "accounts.view_audit",
    "accounts.view_analytics",
    "accounts.manage_organization",
    "accounts.view_user",
    "accounts.add_user",
    "accounts.change_user",
    "accounts.view_project",
    "accounts.add_project",
    "accounts.change_project",
    "accounts.delete_project",
    "accounts.view_projectmember",
    "accounts.add_projectmember",
    "accounts.change_projectmember",
    "accounts.delete_projectmember",
    "accounts.view_auditentry",
    "accounts.view_apitoken",
    "accounts.change_apitoken",
    "jobs.view_job",
}
PERMISSIONS: dict[str, frozenset[str]] = {
    VIEWER: frozenset(_VIEWER),
    ANALYST: frozenset(_ANALYST),
    ADMIN: frozenset(_ADMIN),
}


def grant_permissions(sender: AppConfig, **signal: Any) -> None:
    """Give each role the permissions of the table that exist, and take away what it names no more.

    A ``post_migrate`` handler: permissions are made app by app, so it waits for the last app's.
    """
    from django.contrib.auth.models import Group, Permission

    if sender.label != _last_app_with_models() or not _is_migrated(signal.get("apps", apps)):
        return

    existing = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, wanted in PERMISSIONS.items():
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set([existing[code] for code in sorted(wanted & existing.keys())])


def _last_app_with_models() -> str:
    return [config for config in apps.get_app_configs() if config.models_module][-1].label


def _is_migrated(state: Any) -> bool:
    """Whether the auth app's tables are there (``migrate`` may be told to stop before them)."""
    try:
        state.get_model("auth", "Group")
    except LookupError:
        return False
    return True
