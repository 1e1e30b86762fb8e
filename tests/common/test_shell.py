"""The frame: who sees which navigation, what the palette finds, which theme a page gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import include, path

from common import shell
from common.shell import HomeSection, NavItem, NewItem, PaletteEntry, Registry


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


accounts = (
    [path("login/", page, name="login"), path("logout/", page, name="logout")],
    "accounts",
)
urlpatterns = [
    path("", page, name="home"),
    path("reports/", page, name="reports"),
    path("reports/trash/", page, name="trash"),
    path("sources/", page, name="sources"),
    path("palette/", page, name="palette"),
    path("", include(accounts)),
]
pytestmark = pytest.mark.urls(__name__)


class Person:
    is_authenticated = True
    name = "Alice Anders"
    email = "alice@example.org"
    organization = None

    def __init__(self, *permissions: str, settings: dict[str, Any] | None = None) -> None:
        self.permissions = set(permissions)
        self.settings = settings or {}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return perm in self.permissions


def item(key: str, *, order: int = 100, **fields: Any) -> NavItem:
    return NavItem(key=key, label=key.title(), url_name=key, icon="home", order=order, **fields)


def registry(*items: NavItem) -> Registry:
    return Registry(nav={entry.key: entry for entry in items})


def keys(links: list[shell.Link]) -> list[str]:
    return [link.key for link in links]


def test_navigation_is_in_order() -> None:
    nav = registry(item("sources", order=20), item("home", order=0), item("reports", order=10))
    assert keys(nav.nav_for(Person())) == ["home", "reports", "sources"]


def test_navigation_leaves_out_what_a_person_may_not_use() -> None:
    nav = registry(item("home"), item("reports", permission="catalog.view_report"))
    assert keys(nav.nav_for(Person())) == ["home"]
    assert keys(nav.nav_for(Person("catalog.view_report"))) == ["home", "reports"]


def test_navigation_can_ask_about_the_person() -> None:
    nav = registry(item("home", visible=lambda user: user.name == "Bob"))
    assert nav.nav_for(Person()) == []


def test_navigation_leaves_out_what_has_no_address() -> None:
    assert keys(registry(item("home"), item("astrology")).nav_for(Person())) == ["home"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "home"),
        ("/reports/", "reports"),
        ("/reports/5/edit/", "reports"),
        ("/reports/trash/", "trash"),
        ("/reportsandmore/", None),
        ("/elsewhere/", None),
    ],
)
def test_the_current_place_is_marked_once(path: str, current: str | None) -> None:
    links = registry(item("home"), item("reports"), item("trash")).nav_for(Person(), path)
    assert [link.key for link in links if link.current] == ([current] if current else [])


def test_new_menu_knows_permission_order_and_address() -> None:
    offered = Registry(
        new={
            name: NewItem(label=name, url_name=name, icon="plus", permission=perm, order=order)
            for name, perm, order in [
                ("sources", None, 2),
                ("reports", None, 1),
                ("trash", "catalog.delete_report", 0),
                ("astrology", None, 0),
            ]
        }
    )
    assert [link.url for link in offered.new_for(Person())] == ["/reports/", "/sources/"]


def test_palette_finds_places_by_words_then_asks_the_providers() -> None:
    asked: list[str] = []

    def provider(user: Any, query: str) -> Iterator[PaletteEntry]:
        asked.append(query)
        yield PaletteEntry("Sales by region", "/reports/7/", "Report")

    known = registry(item("reports"), item("sources"))
    known.palette.append(provider)
    found = known.palette_entries(Person(), "REPO go")
    assert [entry.url for entry in found] == ["/reports/", "/reports/7/"]
    assert asked == ["REPO go"]


def test_palette_understands_new_and_the_beginnings_of_words() -> None:
    known = registry(item("reports"))
    known.new["sources"] = NewItem(label="Data source", url_name="sources", icon="database")
    assert [e.url for e in known.palette_entries(Person(), "new so")] == ["/sources/"]
    assert known.palette_entries(Person(), "ports") == []


def test_palette_is_limited() -> None:
    known = registry(item("reports"), item("sources"), item("home"))
    assert len(known.palette_entries(Person(), "", limit=2)) == 2


def test_home_leaves_out_sections_with_nothing_to_say(rf: RequestFactory) -> None:
    sections = [
        HomeSection("late", 20, lambda request: ("late.html", {"path": request.path})),
        HomeSection("silent", 5, lambda request: None),
        HomeSection("early", 10, lambda request: ("early.html", {})),
    ]
    known = Registry(home={section.key: section for section in sections})
    rendered = known.home_sections(rf.get("/"))
    assert rendered == [("early.html", {}), ("late.html", {"path": "/"})]


def frame(rf: RequestFactory, user: Any, **cookies: str) -> Any:
    request = rf.get("/reports/")
    request.user = user
    request.COOKIES.update(cookies)
    return shell.context(request)["shell"]


def test_theme_and_density_come_from_the_profile(rf: RequestFactory) -> None:
    person = Person(settings={"theme": "terminal", "density": "compact"})
    drawn = frame(rf, person, rm_theme="quartz")
    assert (drawn.theme.key, drawn.theme.scheme, drawn.density) == ("terminal", "dark", "compact")


def test_theme_of_a_visitor_comes_from_the_browser(rf: RequestFactory) -> None:
    drawn = frame(rf, AnonymousUser(), rm_theme="quartz", rm_density="compact")
    assert (drawn.theme.key, drawn.density) == ("quartz", "compact")


@pytest.mark.parametrize("nonsense", ["", "pink", '"><script>'])
def test_an_unknown_theme_is_the_systems(rf: RequestFactory, nonsense: str) -> None:
    drawn = frame(rf, Person(settings={"theme": nonsense, "density": nonsense}))
    assert (drawn.theme.key, drawn.theme.scheme, drawn.density) == ("system", "", "comfortable")


def test_a_visitor_sees_no_navigation(rf: RequestFactory) -> None:
    drawn = frame(rf, AnonymousUser())
    assert drawn.nav == []
    assert drawn.new == []


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Registry:
    known = registry(item("reports"), item("trash", section="manage"), item("home", section="user"))
    known.new["sources"] = NewItem(
        label="Data source", url_name="sources", icon="database", shortcut="s"
    )
    monkeypatch.setattr(shell, "registry", known)
    return known


def draw(rf: RequestFactory, user: Any) -> str:
    request = rf.get("/reports/")
    request.user = user
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    request._messages.add(40, "The source is unreachable.", "error")
    return render_to_string("base.html", {}, request=request)


def test_the_page_draws_the_frame(rf: RequestFactory, offered: Registry) -> None:
    html = draw(rf, Person(settings={"theme": "graphite"}))
    assert 'data-rm-theme="graphite"' in html
    assert 'data-bs-theme="dark"' in html
    assert re.search(r'href="/reports/"[^>]* aria-current="page"', html)
    assert html.count('aria-current="page"') == 1
    assert re.search(r'href="/sources/" data-key="s"', html)
    assert '<form method="post" action="/logout/">' in html
    assert 'role="alert"' in html
    assert "The source is unreachable." in html


def test_the_page_of_a_visitor_offers_the_login(rf: RequestFactory, offered: Registry) -> None:
    html = draw(rf, AnonymousUser())
    assert 'href="/login/"' in html
    assert "data-new-menu" not in html
    assert 'id="nav"' not in html


def test_every_id_of_the_page_is_there_once(rf: RequestFactory, offered: Registry) -> None:
    ids = re.findall(r'\sid="([^"]+)"', draw(rf, Person()))
    assert sorted(ids) == sorted(set(ids))


def test_the_error_page_needs_no_request() -> None:
    context = {"code": "NOT_FOUND", "status": 404, "message": "Nothing here.", "trace_id": "4bf9"}
    html = render_to_string("errors/problem.html", context)
    assert "<h1>Nothing here.</h1>" in html
    assert "4bf9" in html
    assert 'data-rm-theme="system"' in html
