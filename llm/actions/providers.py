"""An organisation's own providers: added, changed, removed."""

from __future__ import annotations

from typing import Any

import httpx
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from common import ratelimit
from common.http.outgoing import OutgoingRefused, check_url, resolve
from common.http.problems import Problem
from common.jobs.models import ACTIVE
from common.models import snapshot
from llm.actions.base import authorise, authorise_own, provider_changed
from llm.connections import policy_for
from llm.models import Provider
from llm.problems import Invalid

FIELDS = ("name", "kind", "base_url", "external", "enabled", "order", "parallel", "waiting")
RESOLVE_SECONDS = 3.0
SECRET_CHARACTERS = 500
MOST_PROVIDERS = 20
"""Of one organisation: every page about models asks all of them."""


def create_provider(
    *,
    actor: User,
    name: str,
    kind: str,
    base_url: str,
    api_key: str = "",
    external: bool = False,
    enabled: bool = True,
    order: int = 100,
    parallel: int = 1,
    waiting: int = 50,
) -> Provider:
    """A server of models for the actor's organisation."""
    provider = Provider(
        organization=authorise(actor),
        name=_clean(name),
        kind=kind,
        base_url=clean_address(base_url),
        external=external,
        enabled=enabled,
        order=order,
        parallel=parallel,
        waiting=waiting,
    )
    provider.secret = secret_of(api_key)
    ratelimit.charge("models", str(actor.pk))
    _check(provider)
    check_address(provider.base_url, shared=False)
    with transaction.atomic():
        if Provider.objects.filter(organization=provider.organization).count() >= MOST_PROVIDERS:
            raise Invalid(
                name=_("At most %(n)d providers; remove one first.") % {"n": MOST_PROVIDERS}
            )
        provider.save()
        facts = {name: [None, value] for name, value in snapshot(provider, FIELDS).items()}
        facts["api_key"] = ["", _shown(provider)]
        audit.record("provider.created", actor=actor, target=provider, changes=facts)
        provider_changed(provider)
    return provider


def update_provider(
    *,
    actor: User,
    provider: Provider,
    expected_version: int | None = None,
    api_key: str = "",
    clear_api_key: bool = False,
    **changes: Any,
) -> Provider:
    """Change an own provider if it still has ``expected_version``.

    An empty key keeps the stored one, but never for another server: whoever changes the address
    could otherwise have the key sent to wherever they like.
    """
    authorise_own(actor, provider)
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"A provider has no {', '.join(sorted(unknown))}.")
    if "name" in changes:
        changes["name"] = _clean(changes["name"])
    if "base_url" in changes:
        changes["base_url"] = clean_address(changes["base_url"])
        ratelimit.charge("models", str(actor.pk))
        check_address(changes["base_url"], shared=False)
    version = provider.version if expected_version is None else expected_version
    with transaction.atomic():
        fresh = Provider.objects.select_for_update().get(pk=provider.pk)
        if fresh.version != version:
            raise _conflict(fresh)
        before = snapshot(fresh, FIELDS) | {"api_key": fresh.api_key}
        for name, value in changes.items():
            setattr(fresh, name, value)
        renew_key(fresh, str(before["base_url"]), api_key, clear=clear_api_key)
        _check(fresh)
        _save(fresh, before, actor)
    return fresh


def delete_provider(*, actor: User, provider: Provider) -> None:
    """With what is set about its models. The record of its calls stays, under its name."""
    authorise_own(actor, provider)
    with transaction.atomic():
        fresh = Provider.objects.select_for_update().filter(pk=provider.pk).first()
        if fresh is None:
            return
        if fresh.pulls.filter(job__status__in=ACTIVE).exists():
            raise Problem(
                "ILLEGAL_TRANSITION",
                _("Models are being downloaded to “%(name)s”. Cancel the downloads first.")
                % {"name": fresh},
            )
        facts = {name: [value, None] for name, value in snapshot(fresh, FIELDS).items()}
        audit.record("provider.deleted", actor=actor, target=fresh, changes=facts)
        provider_changed(provider)
        fresh.delete()


def clean_address(address: str) -> str:
    return address.strip().rstrip("/")


def check_address(address: str, *, shared: bool) -> None:
    """Refuse an address that is written wrong, or leads where nobody may connect to.

    A host that is not known at present passes: connecting will look again, and judge again.
    """
    policy = policy_for(shared=shared)
    try:
        target = check_url(address, policy)
        async_to_sync(resolve)(target.host, target.port, policy, seconds=RESOLVE_SECONDS)
    except OutgoingRefused as error:
        raise Invalid(base_url=str(error)) from error
    except httpx.HTTPError:
        return


def same_server(one: str, other: str) -> bool:
    """Whether two addresses lead to the same host and port, in the same way."""
    try:
        first, second = check_url(one), check_url(other)
    except OutgoingRefused:
        return False
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


def secret_of(api_key: str) -> dict[str, str]:
    """As it is stored. Keys are one word of printable ASCII."""
    key = api_key.strip()
    if not key:
        return {}
    if len(key) > SECRET_CHARACTERS or not (key.isascii() and key.isprintable()) or " " in key:
        raise Invalid(api_key=_("This is no API key: it holds other characters than keys have."))
    return {"api_key": key}


def renew_key(provider: Provider, old_address: str, api_key: str, *, clear: bool) -> None:
    """Empty keeps the stored key, unless ``provider`` is at another server than before."""
    if api_key.strip():
        provider.secret = secret_of(api_key)
    elif clear:
        provider.secret = {}
    elif provider.api_key and not same_server(old_address, provider.base_url):
        raise Invalid(
            api_key=_("This is another server: type its API key, or have the stored one removed.")
        )


def _save(provider: Provider, before: dict[str, Any], actor: User) -> None:
    """Nothing changed writes nothing. The key itself is in no audit entry."""
    after = snapshot(provider, FIELDS) | {"api_key": provider.api_key}
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changed:
        return
    if "api_key" in changed:
        changed["api_key"] = ["set" if before["api_key"] else "", _shown(provider)]
    provider.version += 1
    provider.save()
    audit.record("provider.changed", actor=actor, target=provider, changes=changed)
    provider_changed(provider)


def _check(provider: Provider) -> None:
    if not provider.base_url:
        raise Invalid(base_url=_("Where is it? The address looks like http://host:port."))
    others = Provider.objects.filter(organization=provider.organization)
    names = others.exclude(pk=provider.pk).values_list("name", flat=True)
    if provider.name.casefold() in {name.casefold() for name in names}:
        raise Invalid(name=_("There already is a provider of this name."))
    try:
        provider.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise Problem("VALIDATION_FAILED", fields=error.message_dict) from None


def _clean(name: str) -> str:
    return " ".join(name.split())


def _shown(provider: Provider) -> str:
    return "set" if provider.api_key else ""


def _conflict(provider: Provider) -> Problem:
    return Problem(
        "CONFLICT",
        _("“%(name)s” was changed by someone else in the meantime. Look at it, then save again.")
        % {"name": provider},
    )
