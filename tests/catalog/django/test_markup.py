"""What all catalog pages keep to: hostile names are text, ids are plain, no inline code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from catalog.actions.dashboards import WidgetInput, update_dashboard
from catalog.actions.trash import trash_item
from catalog.models import (
    Dashboard,
    DataSource,
    Report,
    Schedule,
    SourceColumn,
    SourceTable,
    Widget,
)
from catalog.query.spec import Dimension, Measure, ReportQuery
from tests.catalog.django.things import (
    CSV,
    make_dashboard,
    make_report,
    make_schedule,
    make_source,
    make_upload,
)
from tests.world import World

HTMX = {"HX-Request": "true"}
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates" / "catalog").glob("**/*.html"))
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "O'Brien & \"Sons\" {{ 7|add:7 }} {% now 'Y' %}",
    "😀 👩‍👩‍👧 Zürich",
    "\u202eevil \u05e9\u05dc\u05d5\u05dd",
    "%s %(name)s {0} \\n",
    "javascript:alert(1)",
]
INLINE = re.compile(r"\sstyle\s*=|\son[a-z]+\s*=|\|\s*safe\b|autoescape off|<script(?! src)|<style")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_inline_code_or_trusts_text(path: Path) -> None:
    found = INLINE.findall(path.read_text())
    assert not found, f"{path.name}: {found}"


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 20


def pages(world: World, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every page that shows the items, which are all called ``name``."""
    source = make_source(world, name=name, description=name)
    SourceTable.objects.filter(source=source).update(label=name)
    SourceColumn.objects.filter(table__source=source, name="region").update(label=name)
    query = ReportQuery(
        table="data",
        dimensions=(Dimension(column="region"),),
        measures=(Measure(aggregate="count", label=name),),
    )
    report = make_report(world, source, name=name, description=name, query=query)
    board = make_dashboard(world, report, name=name, description=name)
    widgets = [
        WidgetInput(kind="chart", report=report.pk, title=name),
        WidgetInput(kind="text", title=name, text=name, y=4),
    ]
    update_dashboard(actor=world.alice, dashboard=board, widgets=widgets)
    schedule = make_schedule(world, report, name=name, description=name)
    upload = make_upload(world, CSV.replace("region", "re gion").encode(), f"{name}.csv")
    trashed = make_report(world, source, name=f"{name} 2")
    trash_item(actor=world.alice, item=trashed)
    items = {"source": source, "report": report, "dashboard": board, "schedule": schedule}
    for kind, item in items.items():
        yield reverse(f"catalog:{kind}-list"), {}
        yield reverse(f"catalog:{kind}-detail", args=[item.pk]), {}
        yield reverse(f"catalog:{kind}-edit", args=[item.pk]), {}
        yield reverse("catalog:item-trash", args=[kind, item.pk]), {}
        yield reverse("catalog:item-trash", args=[kind, item.pk]), HTMX
    yield reverse("catalog:report-create"), {}
    yield reverse("catalog:report-create") + f"?source={source.pk}", {}
    yield reverse("catalog:dashboard-create"), {}
    yield reverse("catalog:schedule-create"), {}
    yield reverse("catalog:trash"), {}
    yield reverse("catalog:item-purge", args=["report", trashed.pk]), {}
    yield reverse("catalog:intake", args=[upload.pk]), {}
    yield reverse("catalog:source-preview", args=[source.pk]) + "?table=data", {}
    widget = board.widgets.filter(kind="chart").get()
    yield reverse("catalog:widget-result", args=[board.pk, widget.pk]), HTMX
    yield reverse("catalog:widget-result", args=[board.pk, widget.pk]), {}
    yield reverse("catalog:report-svg", args=[report.pk]), {}
    yield reverse("home"), {}
    yield reverse("palette"), HTMX


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are(name: str, world: World) -> None:
    browser = world.client(world.alice)
    for url, headers in pages(world, name):
        response = browser.get(url, headers=headers)
        text = response.content.decode()
        assert response.status_code == 200, (url, text[:300])
        assert "<script>alert" not in text, url
        assert "<img src=x" not in text, url
        assert not re.search(r'(?:href|action|src)="javascript:', text), url
        assert "{{" not in text or "{{ 7|add:7 }}" in text, url


def test_a_deed_names_the_item_in_its_toast_as_text(world: World) -> None:
    browser = world.client(world.alice)
    board = make_dashboard(world, name=HOSTILE[0])
    url = reverse("catalog:item-trash", args=["dashboard", board.pk])
    text = browser.post(url, follow=True).content.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text


def start_ids_at(number: int) -> None:
    """The next rows get ids over ``number``, which would be grouped: 1,234,567."""
    with connection.cursor() as cursor:
        for model in (DataSource, SourceTable, Report, Dashboard, Widget, Schedule):
            table = model._meta.db_table
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number]
                )
            else:
                cursor.execute(f'ALTER SEQUENCE "{table}_id_seq" RESTART WITH {number + 1}')


def test_ids_are_never_grouped_by_thousands(world: World) -> None:
    start_ids_at(1_234_567)
    world.general.pk, world.general.is_default, world.general.name = 1_234_999, False, "Big"
    world.general.save(force_insert=True)
    browser = world.client(world.alice)
    for url, headers in pages(world, "Plain"):
        text = browser.get(url, headers=headers).content.decode()
        assert "1,234," not in text, (url, re.findall(r".{60}1,234,.{20}", text))


def test_the_search_shows_what_was_typed_as_text(world: World) -> None:
    make_report(world)
    text = world.client(world.alice).get(reverse("catalog:report-list"), {"q": HOSTILE[1]})
    assert "<img src=x" not in text.content.decode()


def response_codes(browser: Any, url: str) -> int:
    return int(browser.get(url).status_code)


def test_numbers_too_large_for_the_database_are_not_there(world: World) -> None:
    browser = world.client(world.alice)
    for kind in ("source", "report", "dashboard", "schedule"):
        assert response_codes(browser, f"/{kind}s/{'9' * 30}/") == 404
    assert response_codes(browser, f"/dashboards/1/widgets/{'9' * 30}/") == 404
