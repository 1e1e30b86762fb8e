"""API tokens: made by their user, shown once, revoked by the user or an Admin."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.access import organization_of
from accounts.models import ApiToken, User
from common import clock


@transaction.atomic
def create_token(
    *, actor: User, name: str, scopes: list[str], expires_at: datetime | None
) -> tuple[ApiToken, str]:
    """A token of the actor, and its text, which is shown this once."""
    organization_of(actor)
    if not scopes or not set(scopes) <= set(ApiToken.SCOPES):
        raise ValidationError(
            {"scopes": _("Choose what the token may do: read, or read and write.")}
        )
    if expires_at is not None and expires_at <= clock.now():
        raise ValidationError({"expires_at": _("Choose a moment in the future.")})
    token, text = ApiToken.issue(
        user=actor, name=name.strip(), scopes=scopes, expires_at=expires_at
    )
    audit.record(
        "token.created",
        actor=actor,
        target=token,
        changes={"scopes": scopes, "expires_at": expires_at.isoformat() if expires_at else None},
    )
    return token, text


@transaction.atomic
def revoke_token(*, actor: User, token: ApiToken) -> ApiToken:
    """From now on the token opens nothing."""
    own = token.user_id == actor.pk
    same = token.organization_id == actor.organization_id and actor.is_organization_admin
    if not (own or same or actor.is_operator):
        raise PermissionDenied(_("This is somebody else's token."))
    if token.revoked_at is None:
        token.revoke()
        audit.record("token.revoked", actor=actor, target=token)
    return token
