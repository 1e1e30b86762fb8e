"""What can be done in accounts, a function a verb, for pages, admin, commands and plans."""

from accounts.actions.members import (
    add_member,
    change_member,
    change_role,
    deactivate_member,
    invitation_path,
    invite_member,
    is_last_admin,
    reactivate_member,
    renew_invitation,
)
from accounts.actions.organizations import (
    add_default_project,
    change_organization,
    complete_setup,
    create_organization,
    first_run_token,
    setup_is_open,
)
from accounts.actions.profile import change_password, end_session, save_appearance, save_profile
from accounts.actions.projects import (
    create_project,
    remove_project_member,
    set_project_member,
    update_project,
)
from accounts.actions.tokens import create_token, revoke_token

__all__ = [
    "add_default_project",
    "add_member",
    "change_member",
    "change_organization",
    "change_password",
    "change_role",
    "complete_setup",
    "create_organization",
    "create_project",
    "create_token",
    "deactivate_member",
    "end_session",
    "first_run_token",
    "invitation_path",
    "invite_member",
    "is_last_admin",
    "reactivate_member",
    "remove_project_member",
    "renew_invitation",
    "revoke_token",
    "save_appearance",
    "save_profile",
    "set_project_member",
    "setup_is_open",
    "update_project",
]
