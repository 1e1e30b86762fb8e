"""Forms of a dashboard: what it is called, and its widgets on the grid."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.actions.dashboards import MAX_WIDGETS, WidgetInput
from catalog.forms.items import ItemForm
from catalog.models import GRID_COLUMNS, Dashboard, Report, Widget

REFRESH = [("", _("Never")), ("60", _("Every minute")), ("300", _("Every 5 minutes")), ("3600", _("Every hour"))]


class DashboardForm(ItemForm):
    refresh_seconds = forms.TypedChoiceField(
        label=_("Refresh by itself"), choices=REFRESH, required=False, coerce=int, empty_value=None
    )
    reports = forms.ModelMultipleChoiceField(
        label=_("Reports"),
        queryset=Report.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, with_reports: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if with_reports:
            self.fields["reports"].queryset = Report.objects.visible_to(self.user)  # type: ignore[attr-defined]
        else:
            del self.fields["reports"]


class WidgetForm(forms.Form):
    kind = forms.ChoiceField(label=_("Shown as"), choices=Widget.Kind.choices)
    report = forms.ModelChoiceField(
        label=_("Report"), queryset=Report.objects.none(), required=False, empty_label="—"
    )
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    x = forms.IntegerField(label=_("Column"), min_value=0, max_value=GRID_COLUMNS - 1, initial=0)
    y = forms.IntegerField(label=_("Row"), min_value=0, max_value=500, initial=0)
    w = forms.IntegerField(label=_("Width"), min_value=1, max_value=GRID_COLUMNS, initial=6)
    h = forms.IntegerField(label=_("Height"), min_value=1, max_value=40, initial=4)

    def __init__(self, *args: Any, reports: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["report"].queryset = reports  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") != Widget.Kind.TEXT and not data.get("report"):
            self.add_error("report", _("Choose the report to show."))
        if data.get("x") is not None and data.get("w") and data["x"] + data["w"] > GRID_COLUMNS:
            self.add_error("w", _("It reaches over the right edge: column + width is at most 12."))
        return data


class BaseWidgetFormSet(forms.BaseFormSet[WidgetForm]):
    def inputs(self) -> list[WidgetInput]:
        """The widgets that stay, in the order of the grid."""
        kept = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE") and form.cleaned_data.get("kind")
        ]
        return [
            WidgetInput(
                kind=data["kind"],
                report=data["report"].pk if data["report"] else None,
                title=data["title"],
                text=data["text"],
                x=data["x"],
                y=data["y"],
                w=data["w"],
                h=data["h"],
            )
            for data in sorted(kept, key=lambda data: (data["y"], data["x"]))
        ]


WidgetFormSet = forms.formset_factory(
    WidgetForm, formset=BaseWidgetFormSet, extra=0, can_delete=True, max_num=MAX_WIDGETS, validate_max=True
)


def widget_initial(dashboard: Dashboard) -> list[dict[str, Any]]:
    names = ("kind", "title", "text", "x", "y", "w", "h")
    return [
        {name: getattr(widget, name) for name in names} | {"report": widget.report_id}
        for widget in dashboard.widgets.all()
    ]
