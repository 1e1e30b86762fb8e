"""Notices in a browser: on a phone, with JavaScript and without, in every theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.urls import include, path
from playwright.sync_api import Browser, Page, expect

from common import shell
from common.shell import THEMES, Notice, Registry
from tests.chromium import launched
from tests.common import frame_pages
from tests.common.test_frame_browser import AXE, MIDDLEWARE

urlpatterns = [path("", include("common.urls")), *frame_pages.urlpatterns]
pytestmark = pytest.mark.browser
LONG = "The model server " + "http://models.example.org/" + "a" * 80 + " does not answer."


def long(request: HttpRequest) -> Notice:
    return Notice("server", "bad", LONG, url="/sources/", action="See the sources")


def short(request: HttpRequest) -> Notice:
    return Notice("short", "info", "A download has ended.")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    before, shell.registry = shell.registry, Registry(notices=[long, short])
    with override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", *MIDDLEWARE],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        ALLOWED_HOSTS=["127.0.0.1"],
    ):
        thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        assert thread.error is None
        yield f"http://127.0.0.1:{thread.port}"
        thread.terminate()
    shell.registry = before


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(browser: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone, with JavaScript and without."""
    context = browser.new_context(
        base_url=server,
        java_script_enabled=request.param,
        viewport={"width": 360, "height": 740},
    )
    yield context.new_page()
    context.close()


def test_one_is_dismissed_and_the_other_stays(page: Page) -> None:
    page.goto("/reports/")
    bar = page.get_by_role("region", name="Notices")
    expect(bar.get_by_role("status")).to_have_count(2)
    bar.get_by_role("button", name="Dismiss").last.click()
    expect(page.get_by_text("A download has ended.")).to_have_count(0)
    expect(bar.get_by_role("link", name="See the sources")).to_be_visible()
    expect(page).to_have_url("/reports/")
    page.goto("/sources/")
    expect(page.get_by_text("A download has ended.")).to_have_count(0)
    expect(page.get_by_text("does not answer")).to_be_visible()


def test_nothing_sticks_out_on_a_phone(page: Page) -> None:
    page.goto("/reports/")
    bar = page.get_by_role("region", name="Notices")
    for box in [bar, *bar.get_by_role("button").all(), *bar.get_by_role("status").all()]:
        place = box.bounding_box()
        assert place
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 360


@pytest.mark.parametrize("page", [True], ids=["script"], indirect=True)
def test_a_dismissal_is_said_and_keeps_the_place(page: Page) -> None:
    page.goto("/reports/")
    page.get_by_role("button", name="Dismiss").last.press("Enter")
    expect(page.locator("#announcer")).to_have_text("Dismissed for this session.")
    expect(page.locator("#notice-short [data-focus]")).to_be_focused()


@pytest.mark.parametrize("page", [True], ids=["script"], indirect=True)
@pytest.mark.parametrize("theme", [theme.key for theme in THEMES])
def test_every_theme_is_accessible(page: Page, theme: str) -> None:
    page.goto(f"/reports/?theme={theme}")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ include: ['.notice-bar'] })")
    assert [(each["id"], each["help"]) for each in found["violations"]] == []
