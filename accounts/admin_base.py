"""Bases for every ModelAdmin: an Admin sees and touches the rows of their organisation only.

Rows, foreign-key and many-to-many choices, autocompletes, filters and histories all hang on
``get_queryset`` of the model's own admin. Operators (superusers) see everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import Http404, HttpRequest

from accounts import audit
from accounts.models import Organization
from common.admin import ShownLookups

if TYPE_CHECKING:
    from accounts.models import User

    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
    _ModelForm = forms.ModelForm[Any]
    _Base = admin.options.BaseModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _TabularInline = admin.TabularInline
    _ModelForm = forms.ModelForm
    _Base = object


class ScopedModelForm(_ModelForm):
    """Sets the organisation of a new row, and checks constraints that name it."""

    organization_id: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.organization_id is not None and self.instance.pk is None:
            self.instance.organization_id = self.organization_id

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"organization"}  # type: ignore[misc,no-any-return]


class ScopedChoices(_Base):
    """Foreign keys and many-to-many fields offer what the user may see."""

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("queryset", self._choices(db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("queryset", self._choices(db_field, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _choices(self, db_field: Any, request: HttpRequest) -> models.QuerySet[Any]:
        return rows_for(request.user, db_field.remote_field.model, self.admin_site, request)


class ScopedModelAdmin(ShownLookups, ScopedChoices, _ModelAdmin):
    """``organization_path`` leads from the model to its organisation (``source__organization``)."""

    organization_path = "organization"
    form = ScopedModelForm
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{self.organization_path: organization_id_of(request)})

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row, or "not found": for what does not exist and for what is somebody else's."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if self._is_owned and not request.user.is_superuser:
            form.organization_id = organization_id_of(request)  # type: ignore[attr-defined]
        return form

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        excluded = tuple(super().get_exclude(request, obj) or ())
        return excluded if request.user.is_superuser else (*excluded, "organization")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return [
            (title, {**options, "fields": _without_organization(options["fields"])})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A row stays in the organisation it was made in."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "organization") if obj is not None and self._is_owned else fields

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Filters on other rows offer only those that the listed rows refer to."""
        return [self._scoped_filter(entry) for entry in super().get_list_filter(request)]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if self._is_owned and not request.user.is_superuser:
            obj.organization_id = organization_id_of(request)
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit("created", request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        fields = [
            field
            for part in (message if isinstance(message, list) else [])
            for field in part.get("changed", {}).get("fields", [])
        ]
        self._audit("changed", request, obj, {"fields": [str(field) for field in fields]})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._audit("deleted", request, obj)
        return super().log_deletions(request, queryset)

    @property
    def _is_owned(self) -> bool:
        return self.organization_path == "organization"

    def _scoped_filter(self, entry: Any) -> Any:
        if not isinstance(entry, str) or "__" in entry:
            return entry
        try:
            field = self.model._meta.get_field(entry)
        except FieldDoesNotExist:
            return entry
        return (entry, admin.RelatedOnlyFieldListFilter) if field.is_relation else entry

    def _audit(
        self, verb: str, request: HttpRequest, obj: Any, changes: dict[str, Any] | None = None
    ) -> None:
        owner = obj if isinstance(obj, Organization) else None
        audit.record(
            f"{self.opts.model_name}.{verb}",
            actor=request.user,  # type: ignore[arg-type]
            target=obj,
            organization=owner,
            changes=changes,
        )


class ScopedTabularInline(ScopedChoices, _TabularInline):
    extra = 0


class ReadOnly:
    """Mixed in before the admin class: to look at, never to edit."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OperatorOnly:
    """Mixed in before the admin class: for operators, whatever a role may hold."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


def organization_id_of(request: HttpRequest) -> int | None:
    return getattr(request.user, "organization_id", None)


def rows_for(
    user: User | Any, model: type[models.Model], site: admin.AdminSite, request: HttpRequest
) -> models.QuerySet[Any]:
    """Rows of a model the user may choose: as its admin lists them, else of the organisation.

    A model that is neither registered nor owned by an organisation offers nothing.
    """
    rows = model._default_manager.all()
    if user.is_superuser:
        return rows
    if isinstance(registered := site._registry.get(model), ScopedModelAdmin):
        return registered.get_queryset(request)
    if issubclass(model, Organization):
        return rows.filter(pk=user.organization_id)
    if any(field.name == "organization" for field in model._meta.fields):
        return rows.filter(organization=user.organization_id)
    return rows.none()


def _without_organization(fields: Sequence[Any]) -> list[Any]:
    kept: list[Any] = []
    for field in fields:
        if isinstance(field, list | tuple):
            kept.append(_without_organization(field))
        elif field != "organization":
            kept.append(field)
    return kept
