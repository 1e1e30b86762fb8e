"""Servers of models, and what is set about a single model of one."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from common.crypto import EncryptedJSONField
from common.models import TimestampedModel, VersionedModel


class ProviderKind(models.TextChoices):
    OLLAMA = "ollama", _("Ollama")
    OPENAI = "openai", _("OpenAI-compatible server")


class ProviderQuerySet(models.QuerySet["Provider"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the own organisation, and the installation's shared ones."""
        organization_id = getattr(user, "organization_id", None)
        if not user.is_active or organization_id is None:
            return self.none()
        return self.of(organization_id)

    def of(self, organization_id: int) -> Self:
        return self.filter(Q(organization_id=organization_id) | Q(organization__isnull=True))

    def manageable_by(self, user: Any) -> Self:
        """Models of an organisation's own provider are its Admins' business. A shared provider is
        too while only one organisation exists; with several, the operator says so for each."""
        if not user.has_perm("llm.manage_models"):
            return self.none()
        rows = self.visible_to(user)
        if Organization.objects.count() <= 1:
            return rows
        return rows.filter(Q(organization__isnull=False) | Q(shared_management=True))


class Provider(TimestampedModel, VersionedModel):
    """A server of models. Without an organisation it is the installation's, shared by all."""

    organization = models.ForeignKey(
        "accounts.Organization",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("organization"),
        help_text=_("Empty: shared by every organization."),
    )
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=ProviderKind.choices)
    base_url = models.CharField(
        _("address"),
        max_length=500,
        blank=True,
        help_text=_("Empty for the built-in provider: the address in OLLAMA_URL."),
    )
    secret = EncryptedJSONField(_("API key"), default=dict, blank=True, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    external = models.BooleanField(
        _("external"),
        default=False,
        help_text=_("Prompts leave the machine: refused unless an Admin allows it."),
    )
    parallel = models.PositiveSmallIntegerField(
        _("requests at a time, per model"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(16)],
    )
    waiting = models.PositiveSmallIntegerField(
        _("requests that may wait, per model"),
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
    )
    shared_management = models.BooleanField(
        _("organizations may manage its models"),
        default=False,
        help_text=_(
            "Shared providers only: with several organizations, their Admins may pull and delete "
            "models here only if this is ticked. What they do concerns all of them."
        ),
    )
    builtin = models.BooleanField(_("built in"), default=False, editable=False)
    seen_at = models.DateTimeField(_("last answered"), null=True, blank=True, editable=False)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("provider")
        permissions = [("manage_models", "Can manage language models and their providers")]
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("name"), name="provider_name_once_per_organization"
            ),
            models.UniqueConstraint(
                fields=["builtin"], condition=Q(builtin=True), name="provider_one_builtin"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """Where it is."""
        return self.base_url or (str(settings.OLLAMA_URL) if self.builtin else "")

    @property
    def is_shared(self) -> bool:
        return self.organization_id is None

    @property
    def api_key(self) -> str:
        return str((self.secret or {}).get("api_key", ""))


class ModelSetting(models.Model):
    """What whoever owns the provider sets about one of its models.

    ``context_window`` is sent with every call to the model, whoever calls and why: a change makes
    the server load the model again. None: the default of the provider's owner.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="model_settings")
    model = models.CharField(_("model"), max_length=200)
    context_window = models.PositiveIntegerField(_("context window"), null=True, blank=True)
    parallel = models.PositiveSmallIntegerField(
        _("requests at a time"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(16)],
    )

    class Meta:
        ordering = ["provider", "model"]
        verbose_name = _("setting of a model")
        verbose_name_plural = _("settings of models")
        constraints = [
            models.UniqueConstraint(fields=["provider", "model"], name="modelsetting_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} · {self.provider}"
