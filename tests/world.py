"""The people, organisations and projects that tests are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import Organization, Project, ProjectAccess, ProjectMember, User
from accounts.roles import ADMIN, ANALYST, VIEWER

PASSWORD = "correct-horse-battery"


@dataclass
class World:
    """Two organisations. In Acme alice owns things, dave is her peer, bob reads, amy is Admin."""

    acme: Organization
    rival: Organization
    general: Project
    secret: Project
    rival_general: Project
    alice: User
    dave: User
    bob: User
    amy: User
    charlie: User
    carl: User
    operator: User
    password: str = PASSWORD

    def client(self, user: User | None = None, **options: Any) -> Client:
        """A browser, logged in as ``user`` if there is one."""
        browser = Client(**options)
        if user is not None:
            browser.force_login(user, backend="accounts.backends.EmailBackend")
        return browser

    def add_user(self, name: str, role: str, organization: Organization | None = None) -> User:
        return add_user(name, role, organization or self.acme)


def build_world() -> World:
    acme, general = add_organization("Acme")
    rival, rival_general = add_organization("Rival")
    alice = add_user("alice", ANALYST, acme)
    secret = Project.objects.create(organization=acme, name="Secret", access=ProjectAccess.MEMBERS)
    ProjectMember.objects.create(project=secret, user=alice, role=ProjectMember.Role.EDITOR)
    return World(
        acme=acme,
        rival=rival,
        general=general,
        secret=secret,
        rival_general=rival_general,
        alice=alice,
        dave=add_user("dave", ANALYST, acme),
        bob=add_user("bob", VIEWER, acme),
        amy=add_user("amy", ADMIN, acme),
        charlie=add_user("charlie", ANALYST, rival),
        carl=add_user("carl", ADMIN, rival),
        operator=User.objects.create_superuser("operator@example.org", PASSWORD, name="Operator"),
    )


def add_organization(name: str) -> tuple[Organization, Project]:
    organization = Organization.objects.create(name=name, slug=name.lower())
    project = Project.objects.create(organization=organization, name="General", is_default=True)
    return organization, project


def add_user(name: str, role: str, organization: Organization) -> User:
    user = User.objects.create_user(
        f"{name}@{organization.slug}.example.org",
        PASSWORD,
        name=name.capitalize(),
        organization=organization,
        is_staff=role == ADMIN,
    )
    user.groups.add(Group.objects.get(name=role))
    return user
