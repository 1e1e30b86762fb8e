"""What the actions share: who may, telling open pages, values that pydantic checks."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from accounts.access import organization_of
from accounts.models import Organization, User
from accounts.permissions import require
from common import realtime
from common.http.problems import Problem
from llm import survey
from llm.models import Provider

PERMISSION = "llm.manage_models"
LONGEST_MODEL = 200
_M = TypeVar("_M", bound=BaseModel)


def authorise(actor: User) -> Organization:
    """Whoever manages models, and the organisation they do it for."""
    require(actor, PERMISSION)
    return organization_of(actor)


def authorise_for(actor: User, provider: Provider) -> Organization:
    """To load, pull and delete models there."""
    organization = authorise(actor)
    if not Provider.objects.manageable_by(actor).filter(pk=provider.pk).exists():
        raise PermissionDenied(
            _("“%(name)s” is shared by several organizations: the operator manages its models.")
            % {"name": provider}
        )
    return organization


def authorise_own(actor: User, provider: Provider) -> Organization:
    """To change the provider itself. Shared ones are the operator's: they may be at private
    addresses, which nobody else may enter."""
    organization = authorise(actor)
    if provider.organization_id != organization.pk:
        raise PermissionDenied(
            _("“%(name)s” is shared by the whole installation: the operator sets it up.")
            % {"name": provider}
        )
    return organization


def authorise_seen(actor: User, provider: Provider) -> Organization:
    """To say how the own organisation uses it."""
    organization = authorise(actor)
    if not Provider.objects.visible_to(actor).filter(pk=provider.pk).exists():
        raise Problem("NOT_FOUND")
    return organization


def models_changed(provider: Provider) -> None:
    """What the server has is another now: ask it anew, and tell open pages."""
    survey.forget(provider)
    realtime.publish(survey.topic_of(provider), "models-changed", {"provider": provider.pk})


def provider_changed(provider: Provider) -> None:
    """Also for what is saved in Django admin. What is known of it is forgotten by its version."""
    realtime.publish(survey.topic_of(provider), "provider-changed", {"id": provider.pk})


def settings_changed(organization: Organization) -> None:
    realtime.publish(f"models:{organization.pk}", "models-settings-changed", {})


def validated(model: type[_M], values: dict[str, Any]) -> _M:
    """The values as the model has them; a problem that names each wrong field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for item in error.errors(include_url=False):
            place = str(item["loc"][0]) if item["loc"] else "values"
            fields.setdefault(place, []).append(str(item["msg"]))
        raise Problem("VALIDATION_FAILED", fields=fields) from None


def check_model_name(name: str) -> str:
    """A name as a server would list it; whether it is there is the server's to say."""
    name = name.strip()
    if not name or len(name) > LONGEST_MODEL or not name.isprintable():
        raise Problem("VALIDATION_FAILED", fields={"name": [_("This is no name of a model.")]})
    return name
