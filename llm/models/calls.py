"""Every call of a model, as a row. No text of a prompt or an answer is in it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.models import TenantModel
from common.querysets import TenantQuerySet
from llm.models.settings import PURPOSES


class Outcome(models.TextChoices):
    OK = "ok", _("Answered")
    CACHED = "cached", _("From the cache")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")
    REFUSED = "refused", _("Not tried")


class ModelCall(TenantModel):
    """Times in milliseconds. ``attempt`` counts the calls of one request from 1 (retries and
    fallbacks); ``estimated``: the server gave no token counts."""

    purpose = models.CharField(_("purpose"), max_length=10, choices=PURPOSES)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    provider = models.ForeignKey(
        "llm.Provider", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    provider_name = models.CharField(_("provider"), max_length=80, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    prompt_key = models.CharField(_("prompt"), max_length=60, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), default=0)
    completion_tokens = models.PositiveIntegerField(_("completion tokens"), default=0)
    estimated = models.BooleanField(_("estimated"), default=False)
    waited_ms = models.FloatField(_("waited for a place"), default=0)
    queue_ms = models.FloatField(_("waited at the server"), default=0)
    load_ms = models.FloatField(_("loading"), default=0)
    prefill_ms = models.FloatField(_("reading"), default=0)
    decode_ms = models.FloatField(_("writing"), default=0)
    first_token_ms = models.FloatField(_("to the first token"), null=True)
    total_ms = models.FloatField(_("in all"), default=0)
    tokens_per_second = models.FloatField(_("tokens per second"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    trace_id = models.CharField(_("trace ID"), max_length=32, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("model call")
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="modelcall_by_organization"),
            models.Index(fields=["provider", "model", "-created_at"], name="modelcall_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} · {self.model}"
