"""Jobs in Django admin: to look at, never to edit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import ShownLookups
from common.jobs.models import Job, JobStep


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JobStepInline(_ReadOnly, admin.TabularInline[JobStep, Job]):
    model = JobStep
    fields = ["key", "at"]
    extra = 0


@admin.register(Job)
class JobAdmin(ShownLookups, _ReadOnly, admin.ModelAdmin[Job]):
    list_display = [
        "kind",
        "status",
        "organization",
        "user",
        "attempt",
        "created_at",
        "finished_at",
    ]
    list_filter = ["status", "kind"]
    list_select_related = ["organization", "user"]
    search_fields = ["id", "kind", "subject", "trace_id"]
    exclude = ["payload"]
    inlines = [JobStepInline]
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else Job.objects.visible_to(request.user)
