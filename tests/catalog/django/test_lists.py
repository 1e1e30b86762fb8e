"""Lists, home and palette: search, filters, order, pages, and who sees what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from catalog.actions.trash import trash_item
from tests.catalog.django.things import make_dashboard, make_report, make_schedule, make_source
from tests.world import World

MAKERS: dict[str, Callable[..., Any]] = {
    "source": make_source,
    "report": make_report,
    "dashboard": make_dashboard,
    "schedule": make_schedule,
}
each_kind = pytest.mark.parametrize("kind", list(MAKERS))
HTMX = {"HX-Request": "true"}


def list_url(kind: str) -> str:
    return reverse(f"catalog:{kind}-list")


def names(world: World, kind: str, user: Any = None, **params: Any) -> list[str]:
    page = world.client(user or world.alice).get(list_url(kind), params)
    assert page.status_code == 200
    return [item.name for item in page.context["listing"].page]


def make(world: World, kind: str, name: str, **changes: Any) -> Any:
    if kind in {"dashboard", "schedule"}:
        report = make_report(world, name=f"for {name}", **changes)
        return MAKERS[kind](world, report, name=name, **changes)
    return MAKERS[kind](world, name=name, **changes)


@each_kind
def test_search_finds_all_words_in_name_or_description(kind: str, world: World) -> None:
    make(world, kind, "Sales by region")
    MAKERS[kind](world, name="Costs", description="per REGION and month")
    MAKERS[kind](world, name="Ärger mit Öl")
    assert names(world, kind, q="region") == ["Costs", "Sales by region"]
    assert names(world, kind, q="  month   region ") == ["Costs"]
    assert names(world, kind, q="region nothing") == []
    for word in ("ärger", "ÄRGER", "öl", "Öl"):
        assert names(world, kind, q=word) == ["Ärger mit Öl"]


@each_kind
@pytest.mark.parametrize("q", ["%", "_", "\\", "'", '"', "100%_x", "( OR 1=1"])
def test_signs_of_the_database_are_ordinary(kind: str, q: str, world: World) -> None:
    MAKERS[kind](world, name="Plain")
    assert names(world, kind, q=q) == []


@each_kind
def test_signs_are_found_where_they_are(kind: str, world: World) -> None:
    MAKERS[kind](world, name="Growth 100%")
    MAKERS[kind](world, name="Growth 1000")
    assert names(world, kind, q="100%") == ["Growth 100%"]


@each_kind
def test_order_by_name_and_by_change(kind: str, world: World) -> None:
    for name in ("Beta", "Alpha", "Gamma"):
        MAKERS[kind](world, name=name)
    assert names(world, kind) == ["Gamma", "Alpha", "Beta"]
    assert names(world, kind, sort="name") == ["Alpha", "Beta", "Gamma"]
    assert names(world, kind, sort="-name") == ["Gamma", "Beta", "Alpha"]
    assert names(world, kind, sort="owner__password") == ["Gamma", "Alpha", "Beta"]


@each_kind
def test_pages_of_twenty_five(kind: str, world: World) -> None:
    first = MAKERS[kind](world)
    for number in range(26):
        twin = type(first).objects.get(pk=first.pk)
        twin.pk, twin.key, twin.name = None, f"00000000-0000-4000-8000-{number:012d}", f"N {number}"
        twin.save(force_insert=True)
    assert [len(names(world, kind, page=page)) for page in (1, 2, 99, "abc", -1)] == [
        25,
        2,
        2,
        25,
        2,
    ]
    browser = world.client(world.alice)
    text = browser.get(list_url(kind), {"q": "N"}).content.decode()
    assert "?q=N&amp;page=2" in text
    assert "1–25 of" in text


@each_kind
def test_a_list_takes_few_queries_however_long(
    kind: str, world: World, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        MAKERS[kind](world)
    browser = world.client(world.alice)
    browser.get(list_url(kind))
    for params in ({}, {"q": "a", "project": world.general.pk, "sort": "name"}):
        with django_assert_max_num_queries(15):
            browser.get(list_url(kind), params)


@each_kind
def test_the_filter_by_project(kind: str, world: World) -> None:
    make(world, kind, "Open one")
    make(world, kind, "Secret one", project=world.secret)
    assert names(world, kind, project=world.secret.pk) == ["Secret one"]
    assert names(world, kind, project=world.rival_general.pk) == []
    for odd in ("abc", "²", "9" * 30, "-1"):
        assert names(world, kind, project=odd) == []


@each_kind
def test_hidden_projects_and_other_organisations_are_not_listed(kind: str, world: World) -> None:
    make(world, kind, "Open one")
    make(world, kind, "Secret one", project=world.secret)
    make(world, kind, "Rival one", actor=world.charlie, project=world.rival_general)
    assert names(world, kind, world.dave) == ["Open one"]
    assert names(world, kind, world.alice) == ["Secret one", "Open one"]
    assert names(world, kind, world.amy) == ["Secret one", "Open one"]
    assert names(world, kind, world.carl) == ["Rival one"]


@each_kind
def test_an_empty_list_offers_one_step_and_a_fruitless_search_the_way_back(
    kind: str, world: World
) -> None:
    browser = world.client(world.alice)
    empty = browser.get(list_url(kind)).content.decode()
    assert "yet" in empty
    assert 'type="search" name="q"' not in empty
    MAKERS[kind](world)
    none = browser.get(list_url(kind), {"q": "zzz"}).content.decode()
    assert ("Nothing matches" in none, "Show all" in none) == (True, True)


@each_kind
def test_the_fragment_is_the_results_alone(kind: str, world: World) -> None:
    MAKERS[kind](world, name="Here")
    text = world.client(world.alice).get(list_url(kind), headers=HTMX).content.decode()
    assert text.strip().startswith('<div id="results"')
    assert "Here" in text


@pytest.mark.parametrize(("wanted", "found"), [("csv", 1), ("sqlite", 0), ("nonsense", 0)])
def test_sources_by_kind(wanted: str, found: int, world: World) -> None:
    make_source(world)
    page = world.client(world.alice).get(list_url("source"), {"kind": wanted})
    assert len(page.context["listing"].page) == found
    assert "csv" in dict(page.context["listing"].kinds)


def test_a_source_counts_its_live_reports(world: World) -> None:
    source = make_source(world)
    make_report(world, source)
    trash_item(actor=world.alice, item=make_report(world, source))
    page = world.client(world.alice).get(list_url("source"))
    assert [item.report_count for item in page.context["listing"].page] == [1]


# --- home and palette ------------------------------------------------------------------------


def home(world: World, user: Any) -> str:
    return world.client(user).get(reverse("home")).content.decode()


def test_the_empty_home_offers_the_ways_to_begin(world: World) -> None:
    assert reverse("catalog:upload") in home(world, world.alice)
    viewer = home(world, world.bob)
    assert "Nothing is shared with you yet" in viewer
    assert reverse("catalog:upload") not in viewer


def test_the_full_home_shows_what_one_may_see(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        make_report(world, make_source(world), name=f"Report {number}")
    make_dashboard(world, name="Open board")
    make_dashboard(world, make_report(world), name="Secret board", project=world.secret)
    assert "Secret board" in home(world, world.alice)
    viewer = home(world, world.bob)
    assert ("Open board" in viewer, "Secret board" in viewer) == (True, False)
    assert "Report 9" in viewer
    browser = world.client(world.alice)
    browser.get(reverse("home"))
    with django_assert_max_num_queries(15):
        browser.get(reverse("home"))


def test_a_failing_source_needs_attention(world: World) -> None:
    source = make_source(world, name="Orders")
    make_report(world, source)
    type(source).objects.update(status="failing", status_detail="The file is gone.")
    assert "The file is gone." in home(world, world.alice)
    assert "The file is gone." not in home(world, world.bob)


def palette(world: World, user: Any, q: str) -> str:
    response = world.client(user).get(reverse("palette"), {"q": q}, headers=HTMX)
    return response.content.decode()


@each_kind
def test_the_palette_finds_what_one_may_see(kind: str, world: World) -> None:
    make(world, kind, "Findable thing")
    make(world, kind, "Findable secret", project=world.secret)
    make(world, kind, "Findable rival", actor=world.charlie, project=world.rival_general)
    everything = palette(world, world.alice, "findable")
    assert "Findable thing" in everything
    assert "Findable secret" in everything
    assert "Findable rival" not in everything
    others = palette(world, world.dave, "findable")
    assert ("Findable thing" in others, "Findable secret" in others) == (True, False)


def test_a_viewer_finds_no_sources(world: World) -> None:
    make_source(world, name="Findable thing")
    assert "Findable thing" not in palette(world, world.bob, "findable")
