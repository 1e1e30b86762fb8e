"""The URLs of the catalog."""

from __future__ import annotations

from typing import Any

from accounts.roles import ANALYST
from catalog.actions.trash import trash_item
from catalog.models import CatalogItem
from tests.catalog.django.things import (
    make_dashboard,
    make_report,
    make_schedule,
    make_source,
    make_upload,
)
from tests.contracts import FORM, POST, Contract
from tests.world import World

BAD_WIDGETS = {"name": "", "widgets-TOTAL_FORMS": "0", "widgets-INITIAL_FORMS": "0"}


def source(world: World) -> tuple[Any, ...]:
    return (make_source(world).pk,)


def report(world: World) -> tuple[Any, ...]:
    return (make_report(world).pk,)


def dashboard(world: World) -> tuple[Any, ...]:
    return (make_dashboard(world).pk,)


def schedule(world: World) -> tuple[Any, ...]:
    return (make_schedule(world).pk,)


def widget(world: World) -> tuple[Any, ...]:
    made = make_dashboard(world)
    return (made.pk, made.widgets.get().pk)


def upload(world: World) -> tuple[Any, ...]:
    return (make_upload(world).pk,)


def live(world: World) -> tuple[Any, ...]:
    return ("dashboard", make_dashboard(world).pk)


def trashed(world: World) -> tuple[Any, ...]:
    item: CatalogItem = make_dashboard(world)
    trash_item(actor=world.alice, item=item)
    return ("dashboard", item.pk)


CONTRACTS = {
    "catalog:source-list": Contract(role=ANALYST, fragment=True, queries=15),
    "catalog:upload": Contract(role=ANALYST, methods=FORM, invalid={}, queries=10),
    "catalog:intake": Contract(
        methods=FORM, args=upload, private=True, invalid={"name": ""}, queries=15
    ),
    "catalog:source-detail": Contract(role=ANALYST, args=source, queries=15),
    "catalog:source-preview": Contract(
        role=ANALYST, args=source, query="?table=data", fragment=True, queries=15
    ),
    "catalog:source-edit": Contract(
        role=ANALYST, methods=FORM, args=source, invalid={"name": ""}, queries=15
    ),
    "catalog:source-suggestion": Contract(role=ANALYST, methods=POST, args=source),
    "catalog:report-list": Contract(fragment=True, queries=15),
    "catalog:report-create": Contract(role=ANALYST, methods=FORM, queries=15),
    "catalog:report-preview": Contract(elsewhere="catalog/django/test_builder.py: ?source= names"),
    "catalog:report-detail": Contract(args=report, queries=15),
    "catalog:report-result": Contract(args=report, fragment=True, queries=15),
    "catalog:report-svg": Contract(args=report, queries=15),
    "catalog:report-edit": Contract(
        role=ANALYST, methods=FORM, args=report, invalid={"name": ""}, queries=15
    ),
    "catalog:dashboard-list": Contract(fragment=True, queries=15),
    "catalog:dashboard-create": Contract(
        role=ANALYST, methods=FORM, invalid={"name": ""}, queries=15
    ),
    "catalog:dashboard-detail": Contract(args=dashboard, queries=15),
    "catalog:dashboard-edit": Contract(
        role=ANALYST, methods=FORM, args=dashboard, invalid=BAD_WIDGETS, queries=15
    ),
    "catalog:widget-result": Contract(args=widget, fragment=True, queries=15),
    "catalog:schedule-list": Contract(fragment=True, queries=15),
    "catalog:schedule-create": Contract(
        role=ANALYST, methods=FORM, invalid={"name": ""}, queries=15
    ),
    "catalog:schedule-detail": Contract(args=schedule, queries=15),
    "catalog:schedule-edit": Contract(
        role=ANALYST, methods=FORM, args=schedule, invalid={"name": ""}, queries=15
    ),
    "catalog:schedule-activation": Contract(role=ANALYST, methods=POST, args=schedule),
    "catalog:schedule-run": Contract(role=ANALYST, methods=POST, args=schedule),
    "catalog:trash": Contract(role=ANALYST, queries=15),
    "catalog:item-trash": Contract(
        role=ANALYST, methods=FORM, args=live, fragment=True, queries=15
    ),
    "catalog:item-restore": Contract(role=ANALYST, methods=POST, args=trashed),
    "catalog:item-purge": Contract(
        role=ANALYST, methods=FORM, args=trashed, invalid={"name": "no"}, queries=15
    ),
}
