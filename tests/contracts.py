"""What every URL promises, as data, and the checks that hold it to that.

An app lists its URLs in ``tests/url_contracts/<app>.py``:

    CONTRACTS = {
        "catalog:report-list": Contract(fragment=True, queries=12),
        "catalog:report-create": Contract(role=ANALYST, methods=FORM, invalid={"name": ""}),
        "catalog:report-detail": Contract(args=lambda world: (make_report(world).pk,)),
        "catalog:report-trash": Contract(role=ANALYST, methods=POST, args=...),
    }
    ADMIN_ROWS = {"catalog.report": make_report}      # a row of Acme for each ModelAdmin

``tests/test_every_url.py`` and ``tests/test_every_admin.py`` do the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from accounts.roles import ADMIN, ANALYST, VIEWER
from tests import url_contracts
from tests.world import World

GET = frozenset({"GET"})
POST = frozenset({"POST"})
FORM = GET | POST
PUBLIC = ""
Args = Callable[[World], tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Contract:
    """``role`` is the lowest that may; PUBLIC needs no login. ``args`` makes an object of Acme that
    that role may touch and returns the URL's arguments. ``private`` things are their user's alone
    (alice's). ``elsewhere`` names the reason when another test proves the URL instead."""

    role: str = VIEWER
    methods: frozenset[str] = GET
    args: Args | None = None
    private: bool = False
    fragment: bool = False
    query: str = ""
    invalid: dict[str, Any] | None = None
    queries: int | None = None
    elsewhere: str = ""


def all_contracts() -> dict[str, Contract]:
    return _collect("CONTRACTS")


def all_admin_rows() -> dict[str, Callable[[World], Any]]:
    return _collect("ADMIN_ROWS")


def named_urls(*, skip: tuple[str, ...] = ()) -> Iterator[str]:
    """Names of all URLs (``catalog:report-list``) but those of the namespaces in ``skip``."""
    yield from _walk(get_resolver().url_patterns, "", skip)


def check_login_is_asked(name: str, contract: Contract, world: World) -> None:
    response = send(world.client(), name, contract, world)
    assert response.status_code == 302, f"{name} answers {response.status_code} to nobody"
    assert response["Location"].startswith(reverse("accounts:login"))


def check_stranger_finds_nothing(name: str, contract: Contract, world: World) -> None:
    """Somebody with all rights, but in another organisation."""
    response = send(world.client(world.carl), name, contract, world)
    assert response.status_code == 404, f"{name} answers {response.status_code} to a stranger"


def check_teammate_finds_nothing(name: str, contract: Contract, world: World) -> None:
    """Not even the Admin of the own organisation."""
    response = send(world.client(world.amy), name, contract, world)
    assert response.status_code == 404, f"{name} answers {response.status_code} to a teammate"


def check_low_role_is_refused(name: str, contract: Contract, world: World) -> None:
    too_low = world.bob if contract.role == ANALYST else world.dave
    response = send(world.client(too_low), name, contract, world)
    assert response.status_code == 403, f"{name} answers {response.status_code} to {too_low.role}"


def check_wrong_method(name: str, contract: Contract, world: World) -> None:
    browser, url = world.client(user_for(contract, world)), url_of(name, contract, world)
    for method in sorted({"GET", "POST", "PUT", "DELETE"} - contract.methods):
        response = browser.generic(method, url)
        assert response.status_code == 405, f"{method} {name}: {response.status_code}"


def check_page(name: str, contract: Contract, world: World) -> None:
    """The page comes, whole, to whom it is for, with a bounded number of queries."""
    browser, url = world.client(user_for(contract, world)), url_of(name, contract, world)
    browser.get(url)  # the first request also writes the session
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = browser.get(url)
    assert response.status_code == 200, f"{name} answers {response.status_code}"
    if "text/html" in response["Content-Type"]:
        assert "<html" in text_of(response)
    if contract.queries is not None:
        assert len(captured) <= contract.queries, _listing(name, captured)


def check_fragment(name: str, contract: Contract, world: World) -> None:
    browser = world.client(user_for(contract, world))
    response = browser.get(url_of(name, contract, world), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in text_of(response)


def check_invalid_form(name: str, contract: Contract, world: World) -> None:
    browser = world.client(user_for(contract, world))
    response = browser.post(url_of(name, contract, world), contract.invalid)
    assert response.status_code == 422, f"{name} answers {response.status_code} to a bad form"
    assert 'aria-invalid="true"' in text_of(response) or 'role="alert"' in text_of(response)


def send(browser: Client, name: str, contract: Contract, world: World) -> HttpResponse:
    url = url_of(name, contract, world)
    return browser.get(url) if "GET" in contract.methods else browser.post(url)


def url_of(name: str, contract: Contract, world: World) -> str:
    return reverse(name, args=contract.args(world) if contract.args else ()) + contract.query


def user_for(contract: Contract, world: World) -> User | None:
    if contract.private:
        return world.alice
    return {PUBLIC: None, VIEWER: world.bob, ANALYST: world.alice, ADMIN: world.amy}[contract.role]


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def _listing(name: str, captured: CaptureQueriesContext) -> str:
    lines = "\n".join(query["sql"][:200] for query in captured)
    return f"{name} made {len(captured)} queries:\n{lines}"


def _collect(attribute: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(url_contracts.__path__, f"{url_contracts.__name__}."):
        entries = getattr(importlib.import_module(module.name), attribute, {})
        assert not (twice := found.keys() & entries.keys()), f"listed twice: {sorted(twice)}"
        found |= entries
    return found


def _walk(patterns: list[Any], namespace: str, skip: tuple[str, ...]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, (namespace, pattern.namespace)))
            if inner not in skip:
                yield from _walk(pattern.url_patterns, inner, skip)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} has no name"
            yield ":".join(filter(None, (namespace, pattern.name)))
