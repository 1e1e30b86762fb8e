"""Who of an organisation may use which model, and whether prompts may leave the machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.roles import ROLES
from llm.actions.base import LONGEST_MODEL, authorise_seen, settings_changed
from llm.models import ModelAccess, Provider
from llm.problems import Invalid


def set_access(
    *,
    actor: User,
    provider: Provider,
    model: str = "",
    groups: Iterable[Group] = (),
    external_allowed: bool = False,
) -> ModelAccess | None:
    """Set it for a model, or with ``model`` "" for the whole provider; both must allow a use.

    No groups: everybody. What says nothing at all needs no row: None.
    """
    organization = authorise_seen(actor, provider)
    model = model.strip()
    if len(model) > LONGEST_MODEL:
        raise Invalid(model=_("This is no name of a model."))
    names = sorted({group.name for group in groups})
    if set(names) - set(ROLES):
        raise Invalid(groups=_("Choose among the roles: Viewer, Analyst, Admin."))
    wanted: dict[str, Any] = {"roles": names, "external_allowed": external_allowed}
    with transaction.atomic():
        rows = ModelAccess.objects.select_for_update()
        row = rows.filter(organization=organization, provider=provider, model=model).first()
        before = _facts(row)
        if before == wanted:
            return row
        saved = _write(row, provider, model, organization.pk, wanted)
        changes = {name: [before[name], wanted[name]] for name in wanted}
        audit.record(
            "provider.access-set",
            actor=actor,
            target=provider,
            organization=organization,
            changes={"model": model} | changes,
        )
        settings_changed(organization)
    return saved


def _facts(row: ModelAccess | None) -> dict[str, Any]:
    if row is None:
        return {"roles": [], "external_allowed": False}
    names = sorted(row.groups.values_list("name", flat=True))
    return {"roles": names, "external_allowed": row.external_allowed}


def _write(
    row: ModelAccess | None,
    provider: Provider,
    model: str,
    organization_id: int,
    wanted: dict[str, Any],
) -> ModelAccess | None:
    if not wanted["roles"] and not wanted["external_allowed"]:
        if row is not None:
            row.delete()
        return None
    saved, _made = ModelAccess.objects.update_or_create(
        organization_id=organization_id,
        provider=provider,
        model=model,
        defaults={"external_allowed": wanted["external_allowed"]},
    )
    saved.groups.set(Group.objects.filter(name__in=wanted["roles"]))
    return saved
