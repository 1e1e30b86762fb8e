"""How long models stay loaded, and how long an answer may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from llm.forms.base import ActionForm
from llm.forms.settings.words import PURPOSES
from llm.models.settings import Advanced
from llm.orchestration.purposes import Purpose

SERVER, MINUTES, EVER = "server", "minutes", "ever"
LEAST_SECONDS, MOST_SECONDS = 5, 1800
DAY = 24 * 60


class AdvancedForm(ActionForm):
    """``defaults``: the installation's seconds by purpose. Fields are "seconds-chat" …"""

    stay = forms.ChoiceField(
        label=gettext_lazy("After an answer, a model stays in memory"),
        choices=[
            (SERVER, gettext_lazy("as long as its server is set to")),
            (MINUTES, gettext_lazy("for a number of minutes")),
            (EVER, gettext_lazy("until it is unloaded")),
        ],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A loaded model answers at once, but takes memory."),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        required=False,
        min_value=0,
        max_value=DAY,
        help_text=gettext_lazy("From 0 to 1,440. With 0 it is unloaded after every answer."),
    )

    def __init__(self, *args: Any, defaults: Mapping[str, float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Purpose:
            shown = _("installation: %(n)g") % {"n": defaults[purpose]}
            field = forms.FloatField(
                label=PURPOSES[purpose].name,
                required=False,
                min_value=LEAST_SECONDS,
                max_value=MOST_SECONDS,
            )
            field.widget.attrs |= {"placeholder": shown, "step": "any"}
            self.fields[_name(purpose)] = field

    @staticmethod
    def initial_of(advanced: Advanced) -> dict[str, Any]:
        stay = {None: SERVER, -1: EVER}.get(advanced.keep_alive, MINUTES)
        minutes = advanced.keep_alive if stay == MINUTES else None
        seconds = {_name(purpose): value for purpose, value in advanced.budgets.items()}
        return {"stay": stay, "minutes": minutes, **seconds}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        missing = values.get("stay") == MINUTES and values.get("minutes") is None
        if missing and "minutes" not in self.errors:
            self.add_error("minutes", _("For how many minutes?"))
        return values

    def values(self) -> dict[str, Any]:
        """Of the settings, by name."""
        data = self.cleaned_data
        stays = {SERVER: None, EVER: -1, MINUTES: data["minutes"]}
        budgets = {str(purpose): data[_name(purpose)] for purpose in Purpose}
        return {
            "keep_alive": stays[data["stay"]],
            "budgets": {key: seconds for key, seconds in budgets.items() if seconds is not None},
        }

    def seconds(self) -> list[BoundField]:
        return [self[_name(purpose)] for purpose in Purpose]


def _name(purpose: Purpose) -> str:
    return f"seconds-{purpose}"
