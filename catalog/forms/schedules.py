"""The schedule's form reads as a sentence; cron stands behind “custom”."""

from __future__ import annotations

from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms.items import ItemForm
from catalog.models import Dashboard, Report, Schedule

EVERY = [
    ("hour", _("every hour")),
    ("day", _("every day")),
    ("weekday", _("every weekday")),
    ("week", _("every week")),
    ("month", _("every month")),
    ("custom", _("by a cron line")),
]
WEEKDAYS = [
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("0", _("Sunday")),
]


class ScheduleForm(ItemForm):
    target = forms.ChoiceField(label=_("Refresh"))
    every = forms.ChoiceField(label=_("When"), choices=EVERY, initial="day")
    at = forms.TimeField(
        label=_("At"),
        initial="08:00",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    weekday = forms.ChoiceField(label=_("On"), choices=WEEKDAYS, required=False, initial="1")
    day = forms.IntegerField(
        label=_("On day"), min_value=1, max_value=31, required=False, initial=1
    )
    cron = forms.CharField(
        label=_("Cron line"),
        max_length=120,
        required=False,
        help_text=_("Minute, hour, day of month, month, day of week. Used with “by a cron line”."),
    )
    timezone = forms.ChoiceField(label=_("Time zone"))
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("timezone", self.user.time_zone)
        self._choices("timezone", [(name, name) for name in _zones(self.initial["timezone"])])
        dashboards = Dashboard.objects.visible_to(self.user).order_by("name")
        reports = Report.objects.visible_to(self.user).order_by("name")
        self._choices(
            "target",
            [
                (_("Dashboards"), [(f"dashboard:{item.pk}", item.name) for item in dashboards]),
                (_("Reports"), [(f"report:{item.pk}", item.name) for item in reports]),
            ],
        )

    def _choices(self, name: str, choices: Any) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("every") == "custom" and not data.get("cron"):
            self.add_error("cron", _("Write the cron line."))
        return data

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        kind, _colon, pk = data["target"].partition(":")
        model: Any = Dashboard if kind == "dashboard" else Report
        target = model.objects.visible_to(self.user).get(pk=pk)
        return self.item_values() | {
            "report": target if kind == "report" else None,
            "dashboard": target if kind == "dashboard" else None,
            "cron": _cron(data),
            "timezone": data["timezone"],
            "active": data["active"],
        }


def _zones(current: str) -> list[str]:
    """Zones named after places, UTC, and the one that is set already."""
    return sorted({name for name in _known_zones() if "/" in name} | {"UTC", current})


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _cron(data: dict[str, Any]) -> str:
    if data["every"] == "custom":
        return str(data["cron"])
    at = data.get("at")
    minute, hour = (at.minute, at.hour) if at else (0, 8)
    return {
        "hour": f"{minute} * * * *",
        "day": f"{minute} {hour} * * *",
        "weekday": f"{minute} {hour} * * 1-5",
        "week": f"{minute} {hour} * * {data.get('weekday') or 1}",
        "month": f"{minute} {hour} {data.get('day') or 1} * *",
    }[data["every"]]


def schedule_initial(schedule: Schedule) -> dict[str, Any]:
    kind = "dashboard" if schedule.dashboard_id else "report"
    return {
        "target": f"{kind}:{schedule.dashboard_id or schedule.report_id}",
        "timezone": schedule.timezone,
        "active": schedule.active,
    } | _when(schedule.cron)


def _when(cron: str) -> dict[str, Any]:
    minute, hour, day, month, weekday = cron.split()
    custom = {"every": "custom", "cron": cron}
    if not minute.isdigit() or month != "*":
        return custom
    if hour == day == weekday == "*":
        return {"every": "hour", "at": f"00:{int(minute):02d}"}
    if not hour.isdigit():
        return custom
    at = {"at": f"{int(hour):02d}:{int(minute):02d}"}
    if day == weekday == "*":
        return {"every": "day"} | at
    if day == "*" and weekday == "1-5":
        return {"every": "weekday"} | at
    if day == "*" and weekday in dict(WEEKDAYS):
        return {"every": "week", "weekday": weekday} | at
    if weekday == "*" and day.isdigit():
        return {"every": "month", "day": int(day)} | at
    return custom
