"""Fields that every catalog item's form has."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Project
from catalog.actions.base import Conflict
from common.http.problems import Problem


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
        self._offer_projects()

    def _offer_projects(self) -> None:
        """Where the user may add items, and where the item is already."""
        projects = list(Project.objects.editable_by(self.user))
        known = {project.pk for project in projects}
        current = self.initial.get("project")
        if current is not None and self.initial.get("version"):
            known.add(current)
        elif current not in known:
            current = next((each.pk for each in projects if each.is_default), None)
        self.initial["project"] = current
        field = cast(forms.ModelChoiceField[Project], self.fields["project"])
        field.queryset = Project.objects.visible_to(self.user).filter(pk__in=known)
        if len(known) < 2:
            field.widget = forms.HiddenInput()

    def item_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "description", "project")}

    def add_problem(self, problem: Problem) -> None:
        """Put an action's refusal beside the fields it speaks of; after a conflict, saving again
        replaces what the other person wrote."""
        for name, messages in (problem.fields or {"": [problem.detail]}).items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)
        if isinstance(problem, Conflict):
            data = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
            data["version"] = str(problem.version)
            self.data = data


def initial_of(item: Any) -> dict[str, Any]:
    return {
        "name": item.name,
        "description": item.description,
        "project": item.project_id,
        "version": item.version,
    }
