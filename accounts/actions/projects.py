"""Projects and who is in them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import organization_of
from accounts.models import Project, ProjectMember, User
from accounts.permissions import require


@transaction.atomic
def create_project(*, actor: User, name: str, access: str) -> Project:
    require(actor, "accounts.add_project")
    organization = organization_of(actor)
    _check_name(organization.pk, name)
    project = Project.objects.create(organization=organization, name=name.strip(), access=access)
    audit.record("project.created", actor=actor, target=project, changes={"access": [None, access]})
    return project


@transaction.atomic
def update_project(*, actor: User, project: Project, name: str, access: str) -> Project:
    """Rename a project or change who may see it. The default project stays open to all."""
    _authorise_for(actor, project, "accounts.change_project")
    _check_name(project.organization_id, name, project)
    pairs = {"name": [project.name, name.strip()], "access": [project.access, access]}
    changes = {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}
    project.name, project.access = name.strip(), access
    project.clean()
    if changes:
        project.save(update_fields=["name", "access", "updated_at"])
        audit.record("project.changed", actor=actor, target=project, changes=changes)
    return project


@transaction.atomic
def set_project_member(*, actor: User, project: Project, user: User, role: str) -> ProjectMember:
    """Add the user to the project, or change what they may do there."""
    _authorise_for(actor, project, "accounts.change_projectmember")
    if user.organization_id != project.organization_id:
        raise ValidationError({"user": _("Only members of the organization can be added.")})
    if role not in ProjectMember.Role.values:
        raise ValidationError({"role": _("A project member is viewer or editor.")})
    before = ProjectMember.objects.filter(project=project, user=user).first()
    member, _created = ProjectMember.objects.update_or_create(
        project=project, user=user, defaults={"role": role}
    )
    audit.record(
        "project.member-set",
        actor=actor,
        target=project,
        changes={"member": user.email, "role": [before.role if before else None, role]},
    )
    return member


@transaction.atomic
def remove_project_member(*, actor: User, project: Project, user: User) -> None:
    _authorise_for(actor, project, "accounts.delete_projectmember")
    removed, _by_model = ProjectMember.objects.filter(project=project, user=user).delete()
    if removed:
        audit.record(
            "project.member-removed", actor=actor, target=project, changes={"member": user.email}
        )


def _authorise_for(actor: User, project: Project, permission: str) -> None:
    if actor.is_operator:
        return
    require(actor, permission)
    if project.organization_id != actor.organization_id:
        raise PermissionDenied(_("This project is not in your organization."))


def _check_name(organization_id: int, name: str, project: Project | None = None) -> None:
    others = Project.objects.filter(organization_id=organization_id, name__iexact=name.strip())
    if project is not None:
        others = others.exclude(pk=project.pk)
    if others.exists():
        raise ValidationError({"name": _("There already is a project of this name.")})
