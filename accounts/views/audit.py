"""The organisation's audit trail, for reading."""

from __future__ import annotations

from datetime import datetime, time

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import member, requires
from accounts.forms import AuditFilterForm
from accounts.models import AuditEntry
from common.http.htmx import is_htmx

PAGE = 50


@require_safe
@requires("accounts.view_audit")
def listing(request: HttpRequest) -> HttpResponse:
    user = member(request)
    form = AuditFilterForm(user, request.GET)
    entries: QuerySet[AuditEntry] = AuditEntry.objects.visible_to(user).select_related("actor")
    if form.is_valid():
        entries = _filtered(entries, form)
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    template = "accounts/audit_list.html" + ("#results" if is_htmx(request) else "")
    return render(request, template, {"page": page, "form": form})


def _filtered(entries: QuerySet[AuditEntry], form: AuditFilterForm) -> QuerySet[AuditEntry]:
    chosen = form.cleaned_data
    if text := chosen["q"]:
        entries = entries.filter(
            Q(action__icontains=text) | Q(object_name__icontains=text) | Q(trace_id=text)
        )
    if chosen["actor"]:
        entries = entries.filter(actor=chosen["actor"])
    if chosen["origin"]:
        entries = entries.filter(origin=chosen["origin"])
    if chosen["since"]:
        entries = entries.filter(at__gte=_local(chosen["since"], time.min))
    if chosen["until"]:
        entries = entries.filter(at__lte=_local(chosen["until"], time.max))
    return entries


def _local(day: object, moment: time) -> datetime:
    """That moment of the day in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, moment))  # type: ignore[arg-type]
