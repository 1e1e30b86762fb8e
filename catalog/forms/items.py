"""Fields that every catalog item's form has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Project


class ItemForm(forms.Form):
    """Name, description and project; the project is asked only where there is a choice."""

    name = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(
        label=_("Description"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    project = forms.ModelChoiceField(
        label=_("Project"), queryset=Project.objects.none(), empty_label=None
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        projects = Project.objects.editable_by(user)
        field = self.fields["project"]
        field.queryset = projects  # type: ignore[attr-defined]
        if not self.initial.get("project"):
            self.initial["project"] = user.organization.default_project

    def item_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "description", "project")}

    def add_problem(self, fields: dict[str, list[str]]) -> None:
        """Put an action's refusal beside the fields it speaks of."""
        for name, messages in fields.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


def initial_of(item: Any) -> dict[str, Any]:
    return {
        "name": item.name,
        "description": item.description,
        "project": item.project_id,
        "version": item.version,
    }
