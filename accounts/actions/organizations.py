"""Organisations: making one, its settings, and the first of all when the product is set up."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.members import add_member
from accounts.models import Organization, Project, User
from accounts.permissions import require
from accounts.roles import ADMIN

DEFAULT_PROJECT = "General"


@transaction.atomic
def create_organization(*, actor: User | None, name: str) -> Organization:
    """A new tenant with its default project. For operators, and for the system (no actor)."""
    if actor is not None and not actor.is_operator:
        raise PermissionDenied(_("Only an operator can create an organization."))
    name = name.strip()
    if Organization.objects.filter(name__iexact=name).exists():
        raise ValidationError({"name": _("There already is an organization of this name.")})
    organization = Organization.objects.create(name=name, slug=_free_slug(name))
    add_default_project(organization)
    audit.record(
        "organization.created", actor=actor, target=organization, organization=organization
    )
    return organization


def add_default_project(organization: Organization) -> Project:
    """The project every organisation has, open to all its members."""
    return Project.objects.create(organization=organization, name=DEFAULT_PROJECT, is_default=True)


@transaction.atomic
def change_organization(*, actor: User, name: str, time_zone: str) -> Organization:
    """Rename the actor's organisation and set the zone of members who chose none."""
    require(actor, "accounts.manage_organization")
    organization = Organization.objects.select_for_update().get(users=actor)
    others = Organization.objects.exclude(pk=organization.pk)
    if others.filter(name__iexact=name.strip()).exists():
        raise ValidationError({"name": _("There already is an organization of this name.")})
    changes = {
        "name": [organization.name, name.strip()],
        "time_zone": [organization.time_zone, time_zone],
    }
    organization.name = name.strip()
    organization.settings = {**organization.settings, "time_zone": time_zone}
    organization.save(update_fields=["name", "settings", "updated_at"])
    audit.record(
        "organization.changed",
        actor=actor,
        target=organization,
        organization=organization,
        changes={field: pair for field, pair in changes.items() if pair[0] != pair[1]},
    )
    return organization


def setup_is_open() -> bool:
    """Whether the first-run page answers: until the first user exists."""
    return not User.objects.exists()


def first_run_token() -> str | None:
    """The one-time token of the set-up page, written to a file only its owner may read.

    None once there is a user. Asking again gives the same token until it is used.
    """
    if not setup_is_open():
        _token_file().unlink(missing_ok=True)
        return None
    try:
        descriptor = os.open(_token_file(), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _token_file().read_text("ascii").strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(token := secrets.token_urlsafe(24))
    return token


def complete_setup(
    *, token: str, organization_name: str, name: str, email: str, password: str
) -> User:
    """The first organisation and its Admin, for whoever can read the server's log."""
    if not setup_is_open():
        raise PermissionDenied(_("The product is set up already."))
    expected = first_run_token() or ""
    if not hmac.compare_digest(token.strip().encode(), expected.encode()):
        raise ValidationError({"token": _("This is not the token in the server's log.")})
    with transaction.atomic():
        organization = create_organization(actor=None, name=organization_name)
        admin = add_member(
            actor=None,
            organization=organization,
            email=email,
            name=name,
            role=ADMIN,
            password=password,
        )
    _token_file().unlink(missing_ok=True)
    return admin


def _token_file() -> Path:
    return Path(settings.DATA_DIR) / "setup.token"


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "organization"
    taken = set(Organization.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(slug for slug in candidates if slug not in taken)
