"""Projects, their members, and what follows for objects in them."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.actions import create_organization, create_project, update_project
from accounts.models import AuditEntry, Project, ProjectMember, User
from accounts.permissions import require_project
from tests.world import World

PROJECTS = "/organization/projects/"


def _fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_one_is_created_and_audited(world: World) -> None:
    form = {"name": "Finance", "access": "members"}
    response = world.client(world.amy).post(f"{PROJECTS}new/", form)
    project = Project.objects.get(name="Finance")
    assert response["Location"] == f"{PROJECTS}{project.pk}/"
    assert (project.organization, project.access, project.is_default) == (
        world.acme,
        "members",
        False,
    )
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_name, entry.origin) == ("project.created", "Finance", "page")


def test_names_are_unique_in_the_organisation_whatever_their_case(world: World) -> None:
    form = {"name": "sECRET", "access": "members"}
    response = world.client(world.amy).post(f"{PROJECTS}new/", form)
    assert response.status_code == 422
    assert "already is a project" in response.content.decode()
    assert world.client(world.carl).post(f"{PROJECTS}new/", form).status_code == 303


def test_the_default_project_stays_open(world: World) -> None:
    form = {"name": "Common", "access": "members"}
    response = world.client(world.amy).post(f"{PROJECTS}{world.general.pk}/", form)
    assert response.status_code == 422
    assert "open to everyone" in response.content.decode()
    with pytest.raises(ValidationError):
        update_project(actor=world.amy, project=world.general, name="x", access="members")
    assert Project.objects.get(pk=world.general.pk).access == "organization"


def test_members_see_a_closed_project_and_editors_add_to_it(world: World) -> None:
    browser, url = world.client(world.amy), f"{PROJECTS}{world.secret.pk}/members/"
    assert world.secret not in Project.objects.visible_to(world.dave)
    browser.post(url, {"user": world.dave.pk, "role": "viewer"})
    assert world.secret in Project.objects.visible_to(world.dave)
    with pytest.raises(PermissionDenied):
        require_project(_fresh(world.dave), world.secret)
    browser.post(url, {"user": world.dave.pk, "role": "editor"})
    require_project(_fresh(world.dave), world.secret)
    assert ProjectMember.objects.filter(user=world.dave).count() == 1
    browser.post(f"{url}{world.dave.pk}/removal/")
    assert world.secret not in Project.objects.visible_to(world.dave)
    roles = [entry.changes.get("role") for entry in AuditEntry.objects.order_by("pk")]
    assert roles == [[None, "viewer"], ["viewer", "editor"], None]


def test_nobody_of_elsewhere_becomes_a_member(world: World) -> None:
    url = f"{PROJECTS}{world.secret.pk}/members/"
    response = world.client(world.amy).post(url, {"user": world.charlie.pk, "role": "viewer"})
    assert response.status_code == 422
    assert not ProjectMember.objects.filter(user=world.charlie).exists()


def test_who_sees_and_changes_what(world: World) -> None:
    """The rules of object permissions, on a project itself."""
    see, change = "catalog.view_report", "catalog.change_report"
    assert world.alice.has_perm(see, world.secret)
    assert not world.dave.has_perm(see, world.secret)
    assert world.dave.has_perm(see, world.general)
    assert world.amy.has_perm(change, world.secret)
    assert not world.carl.has_perm(see, world.secret)
    assert world.alice.has_perm(change, world.secret), "an editor of the project"
    assert not world.alice.has_perm(change, world.general)
    ProjectMember.objects.create(project=world.secret, user=world.bob, role="editor")
    assert not _fresh(world.bob).has_perm(change, world.secret), "a Viewer stays a Viewer"


def test_actions_refuse_others(world: World) -> None:
    for actor in (world.alice, world.bob, world.operator):
        with pytest.raises(PermissionDenied):
            create_project(actor=actor, name="X", access="members")
    with pytest.raises(PermissionDenied):
        update_project(actor=world.carl, project=world.secret, name="X", access="members")


def test_a_new_organisation_has_its_default_project(world: World) -> None:
    organization = create_organization(actor=world.operator, name="Acme!")
    assert organization.slug == "acme-2"
    assert organization.default_project.name == "General"
    with pytest.raises(ValidationError):
        create_organization(actor=world.operator, name="ACME!")
    with pytest.raises(PermissionDenied):
        create_organization(actor=world.amy, name="Mine")


def test_the_organisation_is_renamed_by_its_admin(world: World) -> None:
    form = {"name": "Acme Corp.", "time_zone": "Europe/Berlin"}
    assert world.client(world.amy).post("/organization/", form).status_code == 303
    assert _fresh(world.alice).time_zone == "Europe/Berlin"
    assert AuditEntry.objects.get().changes["name"] == ["Acme", "Acme Corp."]
    form["name"] = "rival"
    assert world.client(world.amy).post("/organization/", form).status_code == 422
