"""Members of an organisation: inviting them, their role, and taking them out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import organization_of
from accounts.models import Organization, User
from accounts.permissions import require
from accounts.roles import ADMIN, ROLES
from common.realtime import recheck_user


@transaction.atomic
def add_member(
    *,
    actor: User | None,
    organization: Organization,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
) -> User:
    """A new account with one role. Without a password it must be set by the invitation's link."""
    _authorise_for(actor, organization.pk)
    _check_role(role)
    if User.objects.filter(email__iexact=email.strip()).exists():
        raise ValidationError({"email": _("There already is an account with this address.")})
    user = User.objects.create_user(
        email.strip(), password, name=name.strip(), organization=organization
    )
    _assign(user, role)
    audit.record("user.created", actor=actor, target=user, changes={"role": [None, role]})
    return user


def invite_member(*, actor: User, email: str, name: str, role: str) -> User:
    """A new account whose owner chooses the password by a link that works once."""
    with transaction.atomic():
        user = add_member(
            actor=actor, organization=organization_of(actor), email=email, name=name, role=role
        )
        transaction.on_commit(lambda: _send_invitation(user, actor))
    return user


def renew_invitation(*, actor: User, user: User) -> str:
    """Mail and return a fresh link to set a password, for a member who has none or lost it."""
    _authorise_for(actor, user.organization_id)
    if not user.is_active:
        raise ValidationError(_("Activate the account first."))
    with transaction.atomic():
        audit.record("user.invited", actor=actor, target=user)
        transaction.on_commit(lambda: _send_invitation(user, actor))
    return invitation_path(user)


def invitation_path(user: User) -> str:
    """The page where the member sets a password; the link dies with its first use."""
    return reverse(
        "accounts:password-reset-confirm",
        args=[
            urlsafe_base64_encode(force_bytes(user.pk)),
            default_token_generator.make_token(user),
        ],
    )


@transaction.atomic
def change_member(*, actor: User, user: User, name: str) -> User:
    _authorise_for(actor, user.organization_id)
    if name.strip() != user.name:
        changes = {"name": [user.name, name.strip()]}
        user.name = name.strip()
        user.save(update_fields=["name"])
        audit.record("user.changed", actor=actor, target=user, changes=changes)
    return user


@transaction.atomic
def change_role(*, actor: User | None, user: User, role: str) -> User:
    """Give the member exactly this role. The last Admin keeps theirs."""
    _authorise_for(actor, user.organization_id)
    _check_role(role)
    before = user.role
    if role == before and user.groups.count() == 1:
        return user
    if role != ADMIN:
        _check_not_last_admin(user)
    _assign(user, role)
    audit.record("user.role-changed", actor=actor, target=user, changes={"role": [before, role]})
    recheck_user(user.pk)
    return user


@transaction.atomic
def deactivate_member(*, actor: User, user: User) -> User:
    """Shut the account: no login, no open session, no token. What they made stays."""
    _authorise_for(actor, user.organization_id)
    _check_not_last_admin(user)
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        audit.record("user.deactivated", actor=actor, target=user)
        recheck_user(user.pk)
    return user


@transaction.atomic
def reactivate_member(*, actor: User, user: User) -> User:
    _authorise_for(actor, user.organization_id)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        audit.record("user.reactivated", actor=actor, target=user)
    return user


def is_last_admin(user: User) -> bool:
    """Whether the organisation would be without an active Admin if this one went."""
    if user.organization_id is None:
        return False
    admins = User.objects.filter(
        organization_id=user.organization_id, is_active=True, groups__name=ADMIN
    )
    return set(admins.values_list("pk", flat=True)) == {user.pk}


def _authorise_for(actor: User | None, organization_id: int | None) -> None:
    """Admins manage their own organisation, operators all; without actor it is the system."""
    if actor is None or actor.is_operator:
        return
    require(actor, "accounts.manage_members")
    if organization_id != actor.organization_id:
        raise PermissionDenied(_("This account is not in your organization."))


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ValidationError({"role": _("A member is Viewer, Analyst or Admin.")})


def _check_not_last_admin(user: User) -> None:
    """Locks the organisation's row first, so that two Admins cannot remove each other at once."""
    Organization.objects.select_for_update().filter(users=user).first()
    if is_last_admin(user):
        raise ValidationError(
            _("%(user)s is the last Admin. Give somebody else this role first.") % {"user": user}
        )


def _assign(user: User, role: str) -> None:
    user.groups.set([Group.objects.get(name=role)])
    user.is_staff = user.is_superuser or role == ADMIN
    user.save(update_fields=["is_staff"])
    user.forget_permissions()


def _send_invitation(user: User, actor: User) -> None:
    context = {
        "user": user,
        "actor": actor,
        "organization": user.organization,
        "link": f"{settings.BASE_URL}{invitation_path(user)}",
    }
    send_mail(
        _("%(actor)s invited you to Report Manager") % {"actor": actor},
        render_to_string("accounts/mail/invitation.txt", context),
        None,
        [user.email],
        fail_silently=False,
    )
