"""What an organisation (or, without one, the installation) sets about models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field

from common.models import TenantModel, TimestampedModel
from common.querysets import TenantQuerySet
from llm.models.providers import Provider
from llm.orchestration.purposes import Purpose
from llm.providers.options import GenerationOptions

PURPOSES = [(purpose.value, purpose.value) for purpose in Purpose]


class GenerationDefaults(TimestampedModel):
    """Options by default; without an organisation those of the installation, which lie below."""

    organization = models.OneToOneField(
        "accounts.Organization",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("organization"),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("generation defaults")
        verbose_name_plural = _("generation defaults")
        constraints = [
            models.UniqueConstraint(
                Coalesce("organization", 0), name="generationdefaults_once_per_owner"
            )
        ]

    def __str__(self) -> str:
        return str(self.organization) if self.organization else str(_("The installation"))

    @property
    def chosen(self) -> GenerationOptions:
        return GenerationOptions.model_validate(self.options)


class Advanced(BaseModel):
    """Stored as JSON. ``budgets``: seconds in all by purpose, where they differ from the default.

    ``keep_alive``: minutes a model stays loaded after an answer; None: the server decides;
    -1: for ever.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    use_shared: bool = True
    keep_alive: Annotated[int, Field(ge=-1, le=24 * 60)] | None = None
    budgets: dict[Purpose, Annotated[float, Field(ge=5, le=1800)]] = Field(default_factory=dict)


class LanguageModelSettings(TenantModel):
    """The advanced settings of an organisation; no row means all defaults."""

    values = models.JSONField(_("values"), default=dict, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("language model settings")
        verbose_name_plural = _("language model settings")
        constraints = [
            models.UniqueConstraint(fields=["organization"], name="languagemodelsettings_once")
        ]

    def __str__(self) -> str:
        return str(self.organization)

    @property
    def chosen(self) -> Advanced:
        return Advanced.model_validate(self.values)


class ModelPreference(TenantModel):
    """Which models an organisation would rather use for a purpose, best first."""

    purpose = models.CharField(_("purpose"), max_length=10, choices=PURPOSES)
    models_in_order: Any = models.JSONField(_("models"), default=list)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["purpose"]
        verbose_name = _("model preference")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "purpose"], name="modelpreference_once_per_purpose"
            )
        ]

    def __str__(self) -> str:
        return self.purpose


class ModelAccess(TenantModel):
    """Who of an organisation may use a model; ``model`` "" speaks of the whole provider.

    No row, or one without groups: everybody. ``external_allowed``: an Admin has agreed that
    prompts to it leave the machine.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(_("model"), max_length=200, blank=True)
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("roles"))
    external_allowed = models.BooleanField(_("external use allowed"), default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["provider", "model"]
        verbose_name = _("access to a model")
        verbose_name_plural = _("access to models")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "provider", "model"], name="modelaccess_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model or _('All models')} · {self.provider}"
