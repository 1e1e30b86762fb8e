"""Who may use a model, and whether prompts to it may leave the machine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.roles import ROLES
from llm.forms.base import ActionForm


class AccessForm(ActionForm):
    """All roles ticked: everybody. ``external``: prompts would leave the machine."""

    roles = forms.MultipleChoiceField(
        label=_("Who may use it"),
        choices=[(role, role) for role in ROLES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All of them ticked: everybody."),
        error_messages={"required": _("Tick at least one role.")},
    )
    external_allowed = forms.BooleanField(
        label=_("Prompts to it may leave our machines"), required=False
    )

    def __init__(self, *args: Any, external: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not external:
            del self.fields["external_allowed"]

    @staticmethod
    def initial_of(roles: Collection[str], *, external_allowed: bool) -> dict[str, Any]:
        """No roles: everybody."""
        return {"roles": list(roles) or list(ROLES), "external_allowed": external_allowed}

    @property
    def chosen(self) -> list[str]:
        """As the action has it: no roles for everybody."""
        roles: list[str] = self.cleaned_data["roles"]
        return [] if set(roles) == set(ROLES) else roles
