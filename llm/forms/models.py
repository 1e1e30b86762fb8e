"""Forms of the Models page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from llm.forms.base import ActionForm
from llm.models import Provider

SERVERS_CHOICE = "server"


class PullForm(ActionForm):
    name = forms.CharField(
        label=_("Name of the model"),
        max_length=300,
        widget=forms.TextInput(
            attrs={"placeholder": "llama3.2", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    provider = forms.TypedChoiceField(label=_("To"), coerce=int)

    def __init__(self, *args: Any, providers: Iterable[Provider], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(providers)

    def offer(self, providers: Iterable[Provider]) -> None:
        """The servers that can be told to download; one alone needs no question."""
        choices = [(provider.pk, provider.name) for provider in providers]
        field: Any = self.fields["provider"]
        field.choices = choices
        field.widget = forms.HiddenInput() if len(choices) == 1 else forms.Select(choices=choices)
        if choices:
            field.initial = choices[0][0]


class LoadingForm(ActionForm):
    keep_alive = forms.TypedChoiceField(
        label=_("Keep it loaded"),
        coerce=lambda chosen: None if chosen == SERVERS_CHOICE else int(chosen),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[int | None, Any]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["keep_alive"]
        field.choices = [
            (SERVERS_CHOICE if seconds is None else seconds, words) for seconds, words in choices
        ]
        field.initial = SERVERS_CHOICE


class DeletionForm(ActionForm):
    confirmation = forms.CharField(
        label=_("Name of the model"),
        error_messages={"required": _("Type the name of the model.")},
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ModelSettingForm(ActionForm):
    context_window = forms.IntegerField(
        label=_("Context window"),
        required=False,
        help_text=_(
            "How many tokens the model reads at once. A larger window takes more memory; a change "
            "makes the server load the model again. Empty: the default."
        ),
    )
    parallel = forms.IntegerField(
        label=_("Requests at a time"),
        required=False,
        min_value=1,
        max_value=16,
        help_text=_("More wait in line, one person after the other. Empty: as the provider says."),
    )


class TrialForm(ActionForm):
    question = forms.CharField(
        label=_("Question"),
        max_length=2000,
        error_messages={"required": _("Type a question first.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
