"""Each ModelAdmin shows an organisation's Admin the rows of that organisation and no others."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.forms import ModelChoiceField
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import Organization, User
from tests import contracts
from tests.world import World

ROWS = contracts.all_admin_rows()
MODELS = sorted(model._meta.label_lower for model in admin.site._registry)
each_model = pytest.mark.parametrize("label", MODELS)
OF_ACME = ("Acme", "acme.example.org", "Alice", "Dave", "Secret")


def _admin_of(label: str) -> admin.ModelAdmin[Any]:
    return next(
        entry for model, entry in admin.site._registry.items() if model._meta.label_lower == label
    )


def _url(label: str, view: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{view}", args=args)


def _request(user: User) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def test_every_admin_has_a_row_to_be_tested_with() -> None:
    assert set(MODELS) == ROWS.keys()


@each_model
def test_the_list_shows_no_foreign_row(label: str, world: World) -> None:
    ROWS[label](world)
    response = world.client(world.carl).get(_url(label, "changelist"))
    if response.status_code != 403:
        assert response.status_code == 200
        text = response.content.decode()
        assert not [word for word in OF_ACME if word in text]


@each_model
@pytest.mark.parametrize("view", ["change", "history", "delete"])
def test_a_foreign_row_is_not_found(label: str, view: str, world: World) -> None:
    row = ROWS[label](world)
    assert _is_refused(world.client(world.carl).get(_url(label, view, row.pk)))


@each_model
def test_posting_to_a_foreign_row_changes_nothing(label: str, world: World) -> None:
    row = ROWS[label](world)
    before = type(row).objects.filter(pk=row.pk).values().get()
    browser = world.client(world.carl)
    for view in ("change", "delete"):
        data = {"post": "yes", "name": "Taken", "email": "taken@rival.example.org"}
        assert _is_refused(browser.post(_url(label, view, row.pk), data))
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@each_model
def test_choices_are_of_the_own_organisation(label: str, world: World) -> None:
    ROWS[label](world)
    entry, request = _admin_of(label), _request(world.carl)
    if not (entry.has_add_permission(request) or entry.has_change_permission(request)):
        return  # nothing to choose: no form
    forms = [entry.get_form(request), *(formset.form for formset, _ in _formsets(entry, request))]
    fields = [
        field
        for form in forms
        for field in form.base_fields.values()
        if isinstance(field, ModelChoiceField)
    ]
    for field in fields:
        assert not [row for row in field.queryset if _organization_id(row) == world.acme.pk]


@each_model
def test_autocompletes_find_no_foreign_row(label: str, world: World) -> None:
    ROWS[label](world)
    entry, browser = _admin_of(label), world.client(world.carl)
    for owner in (entry, *(inline(entry.model, admin.site) for inline in entry.inlines)):
        for name in owner.autocomplete_fields:
            opts = owner.model._meta
            query = {"app_label": opts.app_label, "model_name": opts.model_name, "field_name": name}
            response = browser.get(reverse("admin:autocomplete"), {**query, "term": ""})
            if response.status_code == 403:
                continue
            found = [result["text"] for result in response.json()["results"]]
            related = opts.get_field(name).related_model
            foreign = [
                str(row) for row in related.objects.all() if _organization_id(row) == world.acme.pk
            ]
            assert not set(found) & set(foreign)


@each_model
def test_raw_ids_are_not_used(label: str) -> None:
    """Such a field shows the name of whatever row's number one types."""
    entry = _admin_of(label)
    assert not entry.raw_id_fields
    assert not [inline for inline in entry.inlines if inline.raw_id_fields]


@each_model
def test_operators_see_it(label: str, world: World) -> None:
    row = ROWS[label](world)
    browser = world.client(world.operator)
    assert browser.get(_url(label, "changelist")).status_code == 200
    assert browser.get(_url(label, "change", row.pk)).status_code == 200


def _is_refused(response: Any) -> bool:
    """Forbidden, not found, or Django's way to say the latter: back to the index with a message."""
    away = response.status_code == 302 and response["Location"] == reverse("admin:index")
    return away or response.status_code in {403, 404}


def _formsets(entry: Any, request: Any) -> Any:
    return entry.get_formsets_with_inlines(request)


def _organization_id(row: Any) -> int | None:
    return row.pk if isinstance(row, Organization) else getattr(row, "organization_id", None)
