"""What accounts adds to the frame: the user menu and the management of the organisation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from common.shell import MANAGE, USER, NavItem, register_nav


def register() -> None:
    own = [
        ("profile", _("Profile"), "accounts:profile", "user-circle", None),
        ("appearance", _("Appearance"), "accounts:appearance", "palette", None),
        ("tokens", _("API tokens"), "accounts:token-list", "key", in_organization),
        ("sessions", _("Sessions"), "accounts:session-list", "shield", None),
    ]
    managed = [
        ("members", _("Members"), "member-list", "users", "manage_members"),
        ("projects", _("Projects"), "project-list", "folder", "change_project"),
        ("audit", _("Audit"), "audit-list", "history", "view_audit"),
        ("organization", _("Organization"), "organization", "building", "manage_organization"),
    ]
    register_nav(
        *(
            NavItem(
                key=key,
                label=label,
                url_name=url,
                icon=icon,
                section=USER,
                order=order,
                visible=who,
            )
            for order, (key, label, url, icon, who) in enumerate(own)
        ),
        *(
            NavItem(
                key=key,
                label=label,
                url_name=f"accounts:{url}",
                icon=icon,
                permission=f"accounts.{permission}",
                section=MANAGE,
                order=50 + order,
                visible=in_organization,
            )
            for order, (key, label, url, icon, permission) in enumerate(managed)
        ),
    )


def in_organization(user: Any) -> bool:
    return user.organization_id is not None
