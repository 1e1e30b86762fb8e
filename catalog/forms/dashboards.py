"""Forms of a dashboard: what it is called, and its widgets on the grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.actions.dashboards import MAX_WIDGETS, WidgetInput
from catalog.forms.items import ItemForm
from catalog.models import GRID_COLUMNS, Dashboard, Report, Widget

REFRESH = [
    ("", _("Never")),
    ("60", _("Every minute")),
    ("300", _("Every 5 minutes")),
    ("3600", _("Every hour")),
]
Choices = list[tuple[str, str]]


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
        self._offer_present_refresh()
        if with_reports:
            field = cast(forms.ModelMultipleChoiceField[Report], self.fields["reports"])
            field.queryset = Report.objects.visible_to(self.user).order_by("name")
        else:
            del self.fields["reports"]

    def _offer_present_refresh(self) -> None:
        """A plan may have set another interval; it stays unless it is changed."""
        seconds = self.initial.get("refresh_seconds")
        if seconds and str(seconds) not in dict(REFRESH):
            label = _now("Every %(n)s seconds") % {"n": seconds}
            field = cast(forms.ChoiceField, self.fields["refresh_seconds"])
            field.choices = [*REFRESH, (str(seconds), label)]


class WidgetForm(forms.Form):
    kind = forms.ChoiceField(label=_("Shown as"), choices=Widget.Kind.choices)
    report = forms.TypedChoiceField(label=_("Report"), required=False, coerce=int, empty_value=None)
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    x = forms.IntegerField(label=_("Column"), min_value=0, max_value=GRID_COLUMNS - 1, initial=0)
    y = forms.IntegerField(label=_("Row"), min_value=0, max_value=500, initial=0)
    w = forms.IntegerField(label=_("Width"), min_value=1, max_value=GRID_COLUMNS, initial=6)
    h = forms.IntegerField(label=_("Height"), min_value=1, max_value=40, initial=4)
    tab = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reports: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["report"]).choices = [("", "—"), *reports]

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
        names = ("kind", "report", "title", "text", "x", "y", "w", "h", "tab")
        filled = [form.cleaned_data for form in self.forms if form.cleaned_data.get("kind")]
        kept = [data for data in filled if not data.get("DELETE")]
        return [
            WidgetInput(**{name: data[name] for name in names})
            for data in sorted(kept, key=lambda data: (data["tab"], data["y"], data["x"]))
        ]


WidgetFormSet = forms.formset_factory(
    WidgetForm,
    formset=BaseWidgetFormSet,
    extra=0,
    can_delete=True,
    max_num=MAX_WIDGETS,
    validate_max=True,
    absolute_max=MAX_WIDGETS + 1,
)


def widget_initial(dashboard: Dashboard) -> list[dict[str, Any]]:
    names = ("kind", "title", "text", "x", "y", "w", "h", "tab")
    return [
        {name: getattr(widget, name) for name in names} | {"report": widget.report_id}
        for widget in dashboard.widgets.all()
    ]


def report_choices(user: Any, widgets: Sequence[Widget] = ()) -> Choices:
    """The reports one may choose, read once for all widgets, and those that are shown already."""
    rows = Report.objects.visible_to(user).order_by("name").values_list("pk", "name")
    choices = [(str(pk), name) for pk, name in rows]
    known = {pk for pk, _name in choices}
    for widget in widgets:
        if widget.report_id and str(widget.report_id) not in known:
            known.add(str(widget.report_id))
            gone = widget.report is not None and widget.report.is_trashed
            label = _now("In the trash") if gone else _now("A report that you may not see")
            choices.append((str(widget.report_id), label))
    return choices
