"""The URLs of accounts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

from accounts import audit
from accounts.models import ApiToken, AuditEntry
from accounts.roles import ADMIN
from tests.contracts import FORM, POST, PUBLIC, Contract
from tests.world import World


def member(world: World) -> tuple[Any, ...]:
    return (world.dave.pk,)


def project(world: World) -> tuple[Any, ...]:
    return (world.secret.pk,)


def project_member(world: World) -> tuple[Any, ...]:
    return (world.secret.pk, world.alice.pk)


def token(world: World) -> tuple[Any, ...]:
    return (make_token(world).pk,)


def make_token(world: World) -> ApiToken:
    made, _text = ApiToken.issue(
        user=world.alice, name="Alices token", scopes=["read"], expires_at=None
    )
    return made


def make_entry(world: World) -> AuditEntry:
    return audit.record("report.created", actor=world.alice, target=world.secret)


CONTRACTS = {
    "accounts:login": Contract(
        role=PUBLIC, methods=FORM, invalid={"email": "nobody", "password": ""}, queries=2
    ),
    "accounts:logout": Contract(elsewhere="accounts/test_login.py: public, POST only"),
    "accounts:setup": Contract(
        elsewhere="accounts/test_setup.py: there only before the first user"
    ),
    "accounts:password-change": Contract(methods=FORM, invalid={"current": "wrong"}, queries=8),
    "accounts:password-reset": Contract(role=PUBLIC, methods=FORM, invalid={"email": "nobody"}),
    "accounts:password-reset-sent": Contract(role=PUBLIC),
    "accounts:password-reset-confirm": Contract(elsewhere="accounts/test_password.py"),
    "accounts:profile": Contract(methods=FORM, invalid={"name": "", "time_zone": "X"}, queries=8),
    "accounts:appearance": Contract(methods=FORM, invalid={"theme": "pink"}, queries=8),
    "accounts:theme": Contract(elsewhere="accounts/test_appearance.py: public, POST only"),
    "accounts:token-list": Contract(queries=9),
    "accounts:token-create": Contract(methods=FORM, invalid={"name": ""}, queries=8),
    "accounts:token-revocation": Contract(methods=POST, args=token, private=True),
    "accounts:session-list": Contract(queries=9),
    "accounts:session-end": Contract(elsewhere="accounts/test_sessions.py: the key is a digest"),
    "accounts:organization": Contract(
        role=ADMIN, methods=FORM, invalid={"name": "", "time_zone": "UTC"}, queries=10
    ),
    "accounts:member-list": Contract(role=ADMIN, fragment=True, queries=11),
    "accounts:member-create": Contract(
        role=ADMIN, methods=FORM, invalid={"email": "x"}, queries=10
    ),
    "accounts:member-update": Contract(
        role=ADMIN, methods=FORM, args=member, invalid={"name": "", "role": "King"}, queries=13
    ),
    "accounts:member-invitation": Contract(role=ADMIN, methods=POST, args=member),
    "accounts:member-deactivation": Contract(role=ADMIN, methods=POST, args=member),
    "accounts:member-activation": Contract(role=ADMIN, methods=POST, args=member),
    "accounts:project-list": Contract(role=ADMIN, queries=10),
    "accounts:project-create": Contract(role=ADMIN, methods=FORM, invalid={"name": ""}, queries=10),
    "accounts:project-update": Contract(
        role=ADMIN, methods=FORM, args=project, invalid={"name": "", "access": "all"}, queries=13
    ),
    "accounts:project-member-set": Contract(
        role=ADMIN, methods=POST, args=project, invalid={"user": "0", "role": "viewer"}
    ),
    "accounts:project-member-removal": Contract(role=ADMIN, methods=POST, args=project_member),
    "accounts:audit-list": Contract(role=ADMIN, fragment=True, queries=12),
}

ADMIN_ROWS = {
    "accounts.user": lambda world: world.dave,
    "accounts.project": lambda world: world.secret,
    "accounts.organization": lambda world: world.acme,
    "accounts.apitoken": make_token,
    "accounts.auditentry": make_entry,
    "auth.group": lambda world: Group.objects.create(name="Operators' own group"),
    "auth.permission": lambda world: Permission.objects.earliest("pk"),
}
