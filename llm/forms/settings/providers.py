"""A provider, and trying one out before it is saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from llm.forms.base import ActionForm
from llm.models import Provider, ProviderKind

KIND_WORDS = {
    ProviderKind.OLLAMA: _("Ollama"),
    ProviderKind.OPENAI: _(
        "Another server that speaks OpenAI's protocol: LM Studio, vLLM, llama.cpp, a cloud service"
    ),
}
TYPE_AGAIN = _("Type the key once more: what you typed is not sent back to this page.")
VALUES = ("name", "kind", "base_url", "external", "enabled", "parallel", "waiting")


class ProbeForm(ActionForm):
    """What a connection takes."""

    kind = forms.ChoiceField(
        label=_("Kind of server"),
        choices=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        initial=ProviderKind.OLLAMA.value,
        widget=forms.RadioSelect,
    )
    base_url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_(
            "Public addresses may be entered freely. One of this machine or of your own network "
            "only works if the operator has listed it, as host or host:port, in the setting "
            "LLM_ALLOWED_HOSTS."
        ),
        widget=forms.TextInput(
            attrs={
                "placeholder": "http://127.0.0.1:11434",
                "inputmode": "url",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    api_key = forms.CharField(
        label=_("API key"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class ProviderForm(ProbeForm):
    """``provider``: the one that is changed. Its key is never shown."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("As people will read it beside its models."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    clear_api_key = forms.BooleanField(label=_("Remove the stored key"), required=False)
    external = forms.BooleanField(
        label=_("Prompts leave our machines"),
        required=False,
        help_text=_(
            "Tick this for a cloud service. Its models are marked as external and are not used "
            "until an Admin allows it under Access."
        ),
    )
    enabled = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("Unticked, the server is not asked and its models are not offered."),
    )
    parallel = forms.IntegerField(
        label=_("Requests at a time"),
        min_value=1,
        max_value=16,
        initial=1,
        help_text=_("To one model, 1 to 16. As many as the server answers side by side."),
    )
    waiting = forms.IntegerField(
        label=_("Requests that may wait"),
        min_value=0,
        max_value=1000,
        initial=50,
        help_text=_("For one model, 0 to 1000. Whoever comes after them is told to try later."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = [
        "name", "kind", "base_url", "api_key", "clear_api_key", "external", "enabled",
        "parallel", "waiting", "version",
    ]  # fmt: skip

    def __init__(self, *args: Any, provider: Provider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        if provider is None or not provider.api_key:
            del self.fields["clear_api_key"]
            said = _("Only if the server asks for one.")
        else:
            said = _("A key is stored. Leave this empty to keep it.")
        retype = self.is_bound and self.data.get("api_key")
        self.fields["api_key"].help_text = TYPE_AGAIN if retype else said

    @classmethod
    def of(cls, provider: Provider) -> ProviderForm:
        """As it is saved."""
        initial = {name: getattr(provider, name) for name in VALUES}
        return cls(provider=provider, initial=initial | {"version": provider.version})

    @classmethod
    def typed(cls, data: Any, provider: Provider | None) -> ProviderForm:
        """What was typed, without judging it."""
        bound = cls(data, provider=provider)
        form = cls(provider=provider, initial={name: bound[name].value() for name in bound.fields})
        form.fields["api_key"].help_text = bound.fields["api_key"].help_text
        return form

    def values(self) -> dict[str, Any]:
        """For the actions."""
        keys = (*VALUES, "api_key")
        return {name: self.cleaned_data[name] for name in keys}
