"""Schedules: list, detail with runs, create, edit, pause, run now."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member
from accounts.permissions import require
from catalog import queries
from catalog.actions import schedules as actions
from catalog.forms.items import initial_of
from catalog.forms.schedules import ScheduleForm, schedule_initial
from catalog.loaders import access_schedule, bound
from catalog.models import Schedule
from catalog.schedules import cron as crons
from catalog.views.lists import list_page
from common import clock
from common.http.htmx import redirect
from common.http.problems import Problem


@require_safe
def schedule_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.view_schedule")
    listing = queries.listing(
        queries.schedules_of(request.user), user=request.user, params=request.GET
    )
    for item in listing.page:
        item.target_name = _target_name(request, item)
    return list_page(request, "schedule", listing)


@require_safe
def schedule_detail(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = access_schedule(request, pk)
    upcoming = crons.next_runs(schedule.cron, schedule.timezone, clock.now(), 5)
    context = {
        "schedule": schedule,
        "target_name": _target_name(request, schedule),
        "words": crons.in_words(schedule.cron),
        "upcoming": upcoming if schedule.active else [],
        "runs": schedule.runs.all()[:20],
        "may_change": request.user.has_perm("catalog.change_schedule", schedule),
        "may_delete": request.user.has_perm("catalog.delete_schedule", schedule),
    }
    return render(request, "catalog/schedule_detail.html", context)


@require_http_methods(["GET", "POST"])
def schedule_create(request: HttpRequest) -> HttpResponse:
    require(request.user, "catalog.add_schedule")
    initial = {"target": request.GET.get("target", "")}
    form = ScheduleForm(bound(request), user=request.user, initial=initial)
    if form.is_valid():
        try:
            schedule = actions.create_schedule(actor=member(request), **form.values())
            messages.success(request, _("The schedule “%s” was created.") % schedule.name)
            return redirect(request, reverse("catalog:schedule-detail", args=[schedule.pk]))
        except Problem as problem:
            form.add_problem(problem)
    return _form_page(request, form)


@require_http_methods(["GET", "POST"])
def schedule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = access_schedule(request, pk, "change")
    initial = initial_of(schedule) | schedule_initial(schedule)
    form = ScheduleForm(bound(request), user=request.user, initial=initial)
    if form.is_valid():
        try:
            actions.update_schedule(
                actor=member(request),
                schedule=schedule,
                expected_version=form.cleaned_data["version"],
                **form.values(),
            )
            messages.success(request, _("“%s” was saved.") % form.cleaned_data["name"])
            return redirect(request, reverse("catalog:schedule-detail", args=[pk]))
        except Problem as problem:
            form.add_problem(problem)
    return _form_page(request, form, schedule=schedule)


@require_POST
def schedule_activation(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause or resume."""
    schedule = access_schedule(request, pk, "change")
    active = request.POST.get("active") == "1"
    actions.update_schedule(actor=member(request), schedule=schedule, active=active)
    words = _("“%s” runs again.") if active else _("“%s” is paused.")
    messages.success(request, words % schedule.name)
    return redirect(request, reverse("catalog:schedule-detail", args=[pk]))


@require_POST
def schedule_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Run it now, out of turn."""
    schedule = access_schedule(request, pk, "change")
    run = actions.run_now(actor=member(request), schedule=schedule)
    return redirect(request, reverse("jobs:job-detail", args=[run.job]))


def _target_name(request: HttpRequest, schedule: Schedule) -> str:
    """What it refreshes, or nothing when the reader may not know of it."""
    target = schedule.target
    seen = request.user.has_perm(f"catalog.view_{target._meta.model_name}", target)
    return target.name if seen else ""


def _form_page(request: HttpRequest, form: ScheduleForm, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "catalog/schedule_form.html", {"form": form, **context}, status=status)
