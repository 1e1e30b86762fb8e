"""Accounts in Django admin. Organisations, groups and permissions are the operators' alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as _GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.admin_base import (
    OperatorOnly,
    ReadOnly,
    ScopedModelAdmin,
    ScopedModelForm,
    ScopedTabularInline,
)
from accounts.models import ApiToken, AuditEntry, Organization, Project, ProjectMember, User
from accounts.roles import ADMIN, ROLES

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class UserForm(ScopedModelForm):
    """One role for whoever is in an organisation; the last Admin stays one."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        owner = values.get("organization") or self.instance.organization_id
        if owner and "groups" in self.fields:
            self._check_role(values)
        return values

    def _check_role(self, values: dict[str, Any]) -> None:
        chosen = [group.name for group in values.get("groups", [])]
        if len(chosen) != 1 or chosen[0] not in ROLES:
            self.add_error("groups", _("Choose exactly one role: Viewer, Analyst or Admin."))
            return
        stays = values.get("is_active", True) and chosen[0] == ADMIN
        if self.instance.pk and not stays and actions.is_last_admin(self.instance):
            self.add_error(
                "groups", _("This is the last Admin. Give somebody else the role first.")
            )


@admin.register(User)
class UserAdmin(ScopedModelAdmin):
    form = UserForm
    list_display = ["email", "name", "role_name", "organization", "is_active", "last_login"]
    list_filter = ["is_active", "groups", "organization"]
    list_select_related = ["organization"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "created_at"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        person = ["email", "name", "organization"]
        if obj is None:
            return [(None, {"fields": self._own(request, [*person, "groups"])})]
        rights = ["is_active", "groups"]
        if request.user.is_superuser:
            rights += ["is_superuser"]
        return [
            (None, {"fields": self._own(request, person)}),
            (gettext_lazy("Rights"), {"fields": rights}),
            (gettext_lazy("Dates"), {"fields": ["last_login", "created_at"]}),
        ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.filter(name__in=ROLES)
            kwargs["widget"] = forms.CheckboxSelectMultiple
            kwargs["help_text"] = _("The role. Members of an organization have exactly one.")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.set_password(None)
        elif "is_active" in form.changed_data:
            verb = actions.reactivate_member if obj.is_active else actions.deactivate_member
            obj.is_active = not obj.is_active
            verb(actor=_actor(request), user=obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The role goes by the same action as on the members page."""
        user = form.instance
        groups = form.cleaned_data.pop("groups", None) if user.organization_id else None
        super().save_related(request, form, formsets, change)
        if groups is not None:
            actions.change_role(actor=_actor(request), user=user, role=groups.get().name)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        link = f"{settings.BASE_URL}{actions.invitation_path(obj)}"
        messages.info(
            request, _("Hand over this link to set a password: %(link)s") % {"link": link}
        )
        return super().response_add(request, obj, post_url_continue)

    @admin.display(description=gettext_lazy("role"))
    def role_name(self, user: User) -> str:
        if user.is_operator:
            return _("Operator")
        return ", ".join(group.name for group in user.groups.all())

    def _own(self, request: HttpRequest, fields: list[str]) -> list[str]:
        return [name for name in fields if name != "organization" or request.user.is_superuser]


@admin.register(Organization)
class OrganizationAdmin(OperatorOnly, ScopedModelAdmin):
    organization_path = "pk"
    list_display = ["name", "slug", "created_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            actions.add_default_project(obj)


class ProjectMemberInline(ScopedTabularInline):
    model = ProjectMember
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(ScopedModelAdmin):
    list_display = ["name", "organization", "access", "is_default"]
    list_filter = ["access", "organization"]
    search_fields = ["name"]
    inlines = [ProjectMemberInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_default:
            return False
        return super().has_delete_permission(request, obj)


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedModelAdmin):
    """Tokens can be looked at and revoked; users make them, and their text is kept nowhere."""

    list_display = ["name", "prefix", "user", "scopes", "state", "expires_at", "last_used_at"]
    list_filter = ["user", "organization"]
    search_fields = ["name", "prefix", "user__email"]
    fields = (
        "name",
        "user",
        "prefix",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    readonly_fields = fields
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[ApiToken]) -> None:
        for token in queryset:
            actions.revoke_token(actor=_actor(request), token=token)
        messages.success(request, _("The tokens are revoked."))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, ScopedModelAdmin):
    list_display = [
        "at",
        "actor_email",
        "action",
        "object_type",
        "object_id",
        "object_name",
        "origin",
    ]
    list_filter = ["origin", "object_type", "organization"]
    search_fields = ["actor_email", "action", "object_name", "object_id", "trace_id"]
    date_hierarchy = "at"


class GroupAdmin(OperatorOnly, _GroupAdmin):
    """The three roles belong to the product: their permissions are renewed by each migration."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.name in ROLES:
            return False
        return super().has_delete_permission(request, obj)


class PermissionAdmin(OperatorOnly, _ModelAdmin):
    list_display = ["name", "codename", "content_type"]
    list_select_related = ["content_type"]
    search_fields = ["name", "codename"]


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)


admin.site.unregister(Group)  # django.contrib.auth has registered its own
admin.site.register(Group, GroupAdmin)
admin.site.register(Permission, PermissionAdmin)
