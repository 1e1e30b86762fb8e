"""Providers and what they were used for, in Django admin.

Shared providers are set up here, by operators. Organisations set up their own on the Models page,
where addresses and roles are checked.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_base import OperatorOnly, ReadOnly, ScopedModelAdmin, ScopedModelForm
from common.http.problems import Problem
from llm.actions.base import provider_changed, validated
from llm.actions.providers import check_address, clean_address, renew_key, secret_of
from llm.models import GenerationDefaults, ModelCall, ModelPull, Provider
from llm.providers.options import GenerationOptions


class ProviderForm(ScopedModelForm):
    """The key goes in and never comes out."""

    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Empty keeps the stored key. It is never shown."),
    )
    clear_api_key = forms.BooleanField(label=gettext_lazy("Remove the stored key"), required=False)

    def clean_base_url(self) -> str:
        address = clean_address(self.cleaned_data["base_url"])
        if not address and not self.instance.builtin:
            raise forms.ValidationError(_("Where is it? The address looks like http://host:port."))
        return address

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        try:
            if values.get("base_url"):
                owner = values.get("organization") or self.instance.organization
                check_address(values["base_url"], shared=owner is None)
            if "api_key" in values and "base_url" in values:
                self._check_key(values)
        except Problem as problem:
            for name, messages in problem.fields.items():
                self.add_error(name, messages)
        return values

    def _check_key(self, values: dict[str, Any]) -> None:
        """On a copy of what it will be: only a saved form changes the provider."""
        wanted = Provider(base_url=values["base_url"], builtin=self.instance.builtin)
        wanted.secret = secret_of(self.instance.api_key)
        old = self.instance.url if self.instance.pk else wanted.url
        renew_key(wanted, old, values["api_key"], clear=values.get("clear_api_key", False))
        self.secret = wanted.secret


@admin.register(Provider)
class ProviderAdmin(OperatorOnly, ScopedModelAdmin):
    form = ProviderForm
    list_display = [
        "name",
        "kind",
        "organization",
        "url",
        "enabled",
        "external",
        "order",
        "has_key",
        "seen_at",
    ]
    list_filter = ["kind", "enabled", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "base_url"]
    readonly_fields = ["has_key", "seen_at"]
    fieldsets = [
        (None, {"fields": ["name", "organization", "kind", "base_url", "enabled", "order"]}),
        (gettext_lazy("API key"), {"fields": ["has_key", "api_key", "clear_api_key"]}),
        (
            gettext_lazy("Use"),
            {"fields": ["external", "shared_management", "parallel", "waiting", "seen_at"]},
        ),
    ]

    @admin.display(description=gettext_lazy("API key stored"), boolean=True)
    def has_key(self, provider: Provider) -> bool:
        return bool(provider.api_key)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The built-in one would be back with the next migration: it can be switched off."""
        if obj is not None and obj.builtin:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.secret = form.secret
        obj.version += 1 if change else 0
        super().save_model(request, obj, form, change)
        provider_changed(obj)


class GenerationDefaultsForm(ScopedModelForm):
    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"] or {}
        if not isinstance(options, dict):
            raise forms.ValidationError(_('Write an object, like {"temperature": 0.7}.'))
        try:
            chosen = validated(GenerationOptions, options)
        except Problem as problem:
            raise forms.ValidationError(
                [f"{name}: {words}" for name, found in problem.fields.items() for words in found]
            ) from None
        return chosen.model_dump(mode="json", exclude_none=True)


@admin.register(GenerationDefaults)
class GenerationDefaultsAdmin(OperatorOnly, ScopedModelAdmin):
    """Without an organisation: those of the installation, which lie below all others."""

    form = GenerationDefaultsForm
    list_display = ["__str__", "options", "updated_at"]
    list_select_related = ["organization"]


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnly, ScopedModelAdmin):
    list_display = [
        "created_at",
        "purpose",
        "provider_name",
        "model",
        "user",
        "organization",
        "outcome",
        "error_code",
        "completion_tokens",
        "total_ms",
    ]
    list_filter = ["purpose", "outcome", "provider_name", "organization"]
    list_select_related = ["user", "organization"]
    search_fields = ["model", "error_code", "trace_id", "user__email"]
    date_hierarchy = "created_at"


@admin.register(ModelPull)
class ModelPullAdmin(ReadOnly, ScopedModelAdmin):
    list_display = ["name", "provider", "organization", "user", "state", "completed", "total"]
    list_filter = ["provider", "organization"]
    list_select_related = ["provider", "organization", "user", "job"]
    search_fields = ["name"]
    ordering = ["-created_at"]
