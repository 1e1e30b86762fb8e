"""The frame around every page: navigation, the + New menu, the command palette, notices, home.

The apps register what they offer in ``AppConfig.ready()``; the frame shows a person what they may
use. An entry whose URL does not exist is left out: an app that is off leaves no dead links.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from common.notices import Notice as Notice
from common.notices import NoticeProvider, ShownNotice, notices_for

Text = str | Promise

MAIN, MANAGE, USER = "main", "manage", "user"


class Person(Protocol):
    """What the frame needs to know of a user, signed in or not."""

    @property
    def is_authenticated(self) -> Any: ...

    def has_perm(self, perm: str, obj: Any = None) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """A place in the navigation; ``section`` is "main", "manage" or "user" (the user menu)."""

    key: str
    label: Text
    url_name: str
    icon: str
    permission: str | None = None
    order: int = 100
    section: str = MAIN
    visible: Callable[[Any], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """Something one can create; ``shortcut`` is the key pressed after N."""

    label: Text
    url_name: str
    icon: str
    permission: str | None = None
    order: int = 100
    shortcut: str = ""
    dialog: bool = False


@dataclass(frozen=True)
class PaletteEntry:
    """One line of the command palette; ``kind`` groups lines ("Report", "Go to")."""

    label: Text
    url: str
    kind: Text
    icon: str = "chevron-right"
    hint: Text = ""


PaletteProvider = Callable[[Any, str], Iterable[PaletteEntry]]
HomeRender = Callable[[HttpRequest], "tuple[str, dict[str, Any]] | None"]


@dataclass(frozen=True)
class HomeSection:
    """A part of the home page: a template with its context, or None when it has nothing to say."""

    key: str
    order: int
    render: HomeRender


@dataclass(frozen=True)
class Link:
    """A resolved entry of navigation or menu, ready to be drawn."""

    label: Text
    url: str
    icon: str
    key: str = ""
    section: str = MAIN
    current: bool = False
    shortcut: str = ""
    dialog: bool = False


@dataclass(frozen=True)
class Theme:
    key: str
    label: Text
    scheme: str


THEMES: tuple[Theme, ...] = (
    Theme("system", _("System"), ""),
    Theme("quartz", _("Light Quartz"), "light"),
    Theme("graphite", _("Dark Graphite"), "dark"),
    Theme("terminal", _("Terminal Green"), "dark"),
    Theme("solarized", _("Solarized Dark"), "dark"),
)
DENSITIES: tuple[tuple[str, Text], ...] = (
    ("comfortable", _("Comfortable")),
    ("compact", _("Compact")),
)


@dataclass
class Registry:
    """What the apps offer. One for the process; tests make their own."""

    nav: dict[str, NavItem] = field(default_factory=dict)
    new: dict[str, NewItem] = field(default_factory=dict)
    palette: list[PaletteProvider] = field(default_factory=list)
    home: dict[str, HomeSection] = field(default_factory=dict)
    notices: list[NoticeProvider] = field(default_factory=list)

    def nav_for(self, user: Person, current_url: str = "") -> list[Link]:
        """Navigation of this user; the entry the current page belongs to is marked."""
        items = sorted(self.nav.values(), key=lambda item: item.order)
        links = [
            Link(item.label, url, item.icon, key=item.key, section=item.section)
            for item in items
            if _may(user, item.permission)
            and (item.visible is None or item.visible(user))
            and (url := _url(item.url_name))
        ]
        return _mark_current(links, current_url)

    def new_for(self, user: Person) -> list[Link]:
        """What this user may create."""
        return [
            Link(item.label, url, item.icon, shortcut=item.shortcut, dialog=item.dialog)
            for item in sorted(self.new.values(), key=lambda item: item.order)
            if _may(user, item.permission) and (url := _url(item.url_name))
        ]

    def palette_entries(self, user: Person, query: str, *, limit: int = 40) -> list[PaletteEntry]:
        """Places and actions whose words the query begins, then what the providers find."""
        words = query.casefold().split()
        go_to, create = _("Go to"), _("Create")
        found = [
            PaletteEntry(link.label, link.url, kind, link.icon)
            for links, kind, also in (
                (self.nav_for(user), go_to, _("open")),
                (self.new_for(user), create, _("new")),
            )
            for link in links
            if _begin(words, f"{link.label} {kind} {also}")
        ]
        for provider in self.palette:
            found.extend(provider(user, query))
        return found[:limit]

    def home_sections(self, request: HttpRequest) -> list[tuple[str, dict[str, Any]]]:
        """Templates of the home page with their contexts, in order."""
        ordered = sorted(self.home.values(), key=lambda section: section.order)
        rendered = (section.render(request) for section in ordered)
        return [part for part in rendered if part is not None]


registry = Registry()


def register_nav(*items: NavItem) -> None:
    registry.nav.update({item.key: item for item in items})


def register_new(*items: NewItem) -> None:
    registry.new.update({item.url_name: item for item in items})


def register_palette(provider: PaletteProvider) -> None:
    if provider not in registry.palette:
        registry.palette.append(provider)


def register_home(section: HomeSection) -> None:
    registry.home[section.key] = section


def register_notice(provider: NoticeProvider) -> None:
    """``provider(request)`` is asked on every full page of somebody signed in."""
    if provider not in registry.notices:
        registry.notices.append(provider)


def nav_for(user: Person, current_url: str = "") -> list[Link]:
    return registry.nav_for(user, current_url)


def palette_entries(user: Person, query: str, *, limit: int = 40) -> list[PaletteEntry]:
    return registry.palette_entries(user, query, limit=limit)


def home_sections(request: HttpRequest) -> list[tuple[str, dict[str, Any]]]:
    return registry.home_sections(request)


class Shell:
    """The frame of one page. Everything is worked out on first use: fragments ask for nothing."""

    themes = THEMES
    densities = DENSITIES

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _links(self) -> list[Link]:
        user = self._request.user
        return nav_for(user, self._request.path) if user.is_authenticated else []

    @property
    def nav(self) -> list[Link]:
        return [link for link in self._links if link.section == MAIN]

    @property
    def manage(self) -> list[Link]:
        return [link for link in self._links if link.section == MANAGE]

    @property
    def user_menu(self) -> list[Link]:
        return [link for link in self._links if link.section == USER]

    @cached_property
    def new(self) -> list[Link]:
        user = self._request.user
        return registry.new_for(user) if user.is_authenticated else []

    @cached_property
    def notices(self) -> list[ShownNotice]:
        signed_in = self._request.user.is_authenticated
        return notices_for(self._request, registry.notices) if signed_in else []

    @cached_property
    def theme(self) -> Theme:
        wanted = self._preference("theme")
        return next((theme for theme in THEMES if theme.key == wanted), THEMES[0])

    @cached_property
    def density(self) -> str:
        wanted = self._preference("density")
        return wanted if wanted in dict(DENSITIES) else DENSITIES[0][0]

    def _preference(self, name: str) -> str:
        """The signed-in person's choice, else the one this browser made."""
        settings = getattr(getattr(self._request, "user", None), "settings", None)
        chosen = settings.get(name) if isinstance(settings, Mapping) else None
        return str(chosen or self._request.COOKIES.get(f"rm_{name}", ""))


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``shell``."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _may(user: Person, permission: str | None) -> bool:
    return permission is None or user.has_perm(permission)


def _mark_current(links: Sequence[Link], path: str) -> list[Link]:
    """Mark the link with the longest URL that the path lies under; "/" is only itself."""
    fitting = [link.url for link in links if path == link.url or _lies_under(path, link.url)]
    current = max(fitting, key=len, default=None)
    return [replace(link, current=True) if link.url == current else link for link in links]


def _lies_under(path: str, url: str) -> bool:
    return url != "/" and path.startswith(url if url.endswith("/") else f"{url}/")


def _begin(words: Sequence[str], text: str) -> bool:
    """Every word typed is the beginning of one of the text's."""
    have = text.casefold().split()
    return all(any(known.startswith(word) for known in have) for word in words)
