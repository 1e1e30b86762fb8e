"""System checks: what would only fail in front of a user fails at start."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from common.models import TenantModel


@register()
def tenant_models_are_scoped(**_: Any) -> list[CheckMessage]:
    """Every tenant model's default manager offers ``visible_to(user)``."""
    return [
        Error(
            f"{model._meta.label} belongs to an organisation but its manager has no visible_to().",
            hint="Give it objects = TenantQuerySet.as_manager() or a subclass of it.",
            obj=model,
            id="common.E001",
        )
        for model in apps.get_models()
        if issubclass(model, TenantModel) and not hasattr(model._default_manager, "visible_to")
    ]
