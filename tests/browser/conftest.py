"""A demo workspace behind a real server, a real browser, and visitors who are logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import chromium as installed
from tests.browser.demo import Demo, served
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
# A busy machine may take its time; only what never comes is wrong.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def chromium() -> Path:
    return installed.found()


@pytest.fixture(scope="session")
def demo(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with served(Demo(tmp_path_factory.mktemp("demo"))) as server:
        yield server


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    """Not for the whole session: while it runs, its event loop is in the way of other tests."""
    with installed.launched() as running:
        yield running


@pytest.fixture(scope="package")
def logins(browser: Browser, demo: Demo) -> Callable[[str], Any]:
    """The cookies of ``analyst``, ``viewer``, ``admin`` and the others; each logs in once."""
    known: dict[str, Any] = {}

    def login(role: str) -> Any:
        if role not in known:
            context = browser.new_context(base_url=demo.url)
            visitor = Visitor(context)
            visitor.log_in(role)
            known[role] = context.storage_state()
            context.close()
        return known[role]

    return login


@pytest.fixture
def visit(browser: Browser, demo: Demo, logins: Callable[[str], Any]) -> Iterator[Visit]:
    """``visit("analyst")`` opens a page of 1280 px; what goes wrong in it fails the test."""
    visitors: list[Visitor] = []

    def open_page(role: str = "", **options: Any) -> Visitor:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, **options}
        if role:
            settings["storage_state"] = logins(role)
        visitors.append(Visitor(browser.new_context(base_url=demo.url, **settings)))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [text for visitor in visitors for text in visitor.complaints] == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker drives the browser, so that there is one server and one browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture
def make_report(visit: Visit) -> Callable[[str], None]:
    """Somebody else makes a report with the builder."""

    def make(name: str) -> None:
        page = visit("admin").page
        page.goto("/reports/new/?source=2")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Create report").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)

    return make
