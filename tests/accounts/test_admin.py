"""What Django admin lets an organisation's Admin do with accounts."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group

from accounts.models import ApiToken, AuditEntry, Organization, Project, User
from tests.url_contracts.accounts import make_token
from tests.world import World

USERS = "/admin/accounts/user/"


def _user_form(user: User, *roles: str, **changes: str) -> dict[str, object]:
    groups = [Group.objects.get(name=role).pk for role in roles]
    return {"email": user.email, "name": user.name, "is_active": "on", "groups": groups} | changes


def test_the_user_form_offers_the_three_roles_and_nothing_more(world: World) -> None:
    Group.objects.create(name="Operators' group")
    text = world.client(world.amy).get(f"{USERS}{world.dave.pk}/change/").content.decode()
    assert len(re.findall(r'type="checkbox" name="groups"', text)) == 3
    assert "Operators&#x27; group" not in text
    for name in ("organization", "is_superuser", "is_staff", "user_permissions", "password"):
        assert f'name="{name}"' not in text


def test_nobody_makes_themselves_an_operator(world: World) -> None:
    form = _user_form(
        world.amy, "Admin", is_superuser="on", organization=str(world.rival.pk), is_staff="on"
    )
    assert world.client(world.amy).post(f"{USERS}{world.amy.pk}/change/", form).status_code == 302
    amy = User.objects.get(pk=world.amy.pk)
    assert (amy.is_superuser, amy.organization) == (False, world.acme)


def test_the_role_goes_by_the_action(world: World) -> None:
    browser, url = world.client(world.amy), f"{USERS}{world.dave.pk}/change/"
    assert browser.post(url, _user_form(world.dave, "Admin")).status_code == 302
    dave = User.objects.get(pk=world.dave.pk)
    assert (dave.role, dave.is_staff) == ("Admin", True)
    entry = AuditEntry.objects.get(action="user.role-changed")
    assert (entry.origin, entry.changes) == ("admin", {"role": ["Analyst", "Admin"]})


@pytest.mark.parametrize("roles", [(), ("Viewer", "Admin")])
def test_a_member_has_exactly_one_role(world: World, roles: tuple[str, ...]) -> None:
    form = _user_form(world.dave, *roles)
    response = world.client(world.amy).post(f"{USERS}{world.dave.pk}/change/", form)
    assert "exactly one role" in response.content.decode()
    assert User.objects.get(pk=world.dave.pk).role == "Analyst"


def test_the_last_admin_stays(world: World) -> None:
    browser, url = world.client(world.amy), f"{USERS}{world.amy.pk}/change/"
    inactive = _user_form(world.amy, "Admin")
    del inactive["is_active"]
    for form in (_user_form(world.amy, "Viewer"), inactive):
        assert "last Admin" in browser.post(url, form).content.decode()
    amy = User.objects.get(pk=world.amy.pk)
    assert (amy.role, amy.is_active) == ("Admin", True)


def test_a_new_user_is_of_the_admins_organisation_and_gets_a_link(world: World) -> None:
    viewer = Group.objects.get(name="Viewer").pk
    form = {"email": "Zed@Acme.example.org", "name": "Zed", "groups": [viewer]}
    form["organization"] = str(world.rival.pk)
    response = world.client(world.amy).post(f"{USERS}add/", form, follow=True)
    zed = User.objects.get(email__iexact="zed@acme.example.org")
    assert (zed.organization, zed.role, zed.email) == (world.acme, "Viewer", "zed@acme.example.org")
    assert "/password/set/" in response.content.decode()
    assert not zed.has_usable_password()


def test_deactivation_is_audited(world: World) -> None:
    form = _user_form(world.dave, "Analyst")
    del form["is_active"]
    world.client(world.amy).post(f"{USERS}{world.dave.pk}/change/", form)
    assert not User.objects.get(pk=world.dave.pk).is_active
    assert AuditEntry.objects.filter(action="user.deactivated", origin="admin").exists()


def test_a_project_is_put_into_the_own_organisation(world: World) -> None:
    form = {
        "name": "Ours",
        "access": "members",
        "organization": str(world.rival.pk),
        "members-TOTAL_FORMS": "1",
        "members-INITIAL_FORMS": "0",
        "members-0-user": str(world.dave.pk),
        "members-0-role": "editor",
    }
    browser = world.client(world.amy)
    assert browser.post("/admin/accounts/project/add/", form).status_code == 302
    project = Project.objects.get(name="Ours")
    assert project.organization == world.acme
    assert project.members.get().user == world.dave
    again = browser.post("/admin/accounts/project/add/", form | {"name": "OURS"})
    assert again.status_code == 200
    assert "unique" in again.content.decode() or "exists" in again.content.decode()
    form |= {"name": "Second", "members-0-user": str(world.charlie.pk)}
    refused = browser.post("/admin/accounts/project/add/", form)
    assert "Select a valid choice" in refused.content.decode()
    assert not Project.objects.filter(name="Second").exists()


def test_the_default_project_cannot_be_deleted(world: World) -> None:
    browser = world.client(world.amy)
    url = f"/admin/accounts/project/{world.general.pk}/delete/"
    assert browser.post(url, {"post": "yes"}).status_code == 403
    assert Project.objects.filter(pk=world.general.pk).exists()


def test_tokens_are_looked_at_and_revoked(world: World) -> None:
    token, browser = make_token(world), world.client(world.amy)
    page = browser.get(f"/admin/accounts/apitoken/{token.pk}/change/").content.decode()
    assert token.sha256 not in page
    form = {"action": "revoke", "_selected_action": [token.pk]}
    assert browser.post("/admin/accounts/apitoken/", form).status_code == 302
    assert ApiToken.objects.get().state == "revoked"


def test_the_audit_trail_cannot_be_edited_even_by_operators(world: World) -> None:
    world.client(world.amy).post("/organization/", {"name": "A", "time_zone": "UTC"})
    entry = AuditEntry.objects.get()
    browser = world.client(world.operator)
    for view in ("change", "delete"):
        url = f"/admin/accounts/auditentry/{entry.pk}/{view}/"
        assert browser.post(url, {"post": "yes", "action": "x"}).status_code == 403
    assert browser.get("/admin/accounts/auditentry/add/").status_code == 403


def test_an_operator_makes_an_organisation_with_its_default_project(world: World) -> None:
    form = {"name": "Third", "slug": "third", "settings": "{}", "features": "{}"}
    assert (
        world.client(world.operator).post("/admin/accounts/organization/add/", form).status_code
        == 302
    )
    assert Organization.objects.get(slug="third").default_project.name == "General"


def test_the_admin_uses_our_login_and_is_for_staff(world: World) -> None:
    assert (
        world.client().get("/admin/", follow=True).redirect_chain[-1][0]
        == "/login/?next=%2Fadmin%2F"
    )
    response = world.client(world.alice).get("/admin/", follow=True)
    assert response.status_code == 403
    assert world.client(world.amy).get("/admin/").status_code == 200


def test_no_page_of_the_admin_needs_an_inline_script_or_style(world: World) -> None:
    browser = world.client(world.operator)
    for path in (
        "",
        "accounts/user/",
        "accounts/user/add/",
        "accounts/project/add/",
        "auth/group/add/",
    ):
        response = browser.get(f"/admin/{path}")
        assert "script-src 'self'" in response["Content-Security-Policy"]
        text = re.sub(r"<noscript>.*?</noscript>", "", response.content.decode(), flags=re.DOTALL)
        assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text)
        assert not re.findall(r"<style|\sstyle=|\son\w+=", text), path
