"""The frame in a browser: keys, dialog, palette, upload, live regions, themes, no JavaScript."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    WebSocketRoute,
    expect,
)

from common import shell
from common.shell import THEMES, NavItem, NewItem, Registry
from tests.chromium import launched

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js"
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tests.common.frame_pages.sign_in",
]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    known = Registry()
    known.nav = {
        name: NavItem(key=name, label=name.title(), url_name=name, icon="home", order=order)
        for order, name in enumerate(["home", "reports", "sources"])
    }
    known.new = {"t": NewItem(label="Thing", url_name="new-thing", icon="plus", shortcut="t")}
    before, shell.registry = shell.registry, known
    with override_settings(
        ROOT_URLCONF="tests.common.frame_pages",
        MIDDLEWARE=MIDDLEWARE,
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


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A page of 1280 px; what the browser complains about fails the test."""
    context = browser.new_context(base_url=server, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # Answers like 422 and the missing socket are logged by the browser itself.
        if message.type == "error" and "Failed to load" not in message.text:
            complaints.append(message.text)

    opened.on("console", heard)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [text for text in complaints if "WebSocket" not in text] == []


def test_the_palette_finds_and_goes(page: Page) -> None:
    page.goto("/parts/")
    page.keyboard.press("Control+k")
    query = page.get_by_role("combobox", name="Search and commands")
    expect(query).to_be_focused()
    options = page.locator("#palette").get_by_role("option")
    query.fill("new th")
    expect(options).to_have_text(["Thing"])
    query.fill("")
    expect(options).to_have_text(["Home", "Reports", "Sources", "Thing"])
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#palette").get_by_role("option", selected=True)
    expect(chosen).to_have_text("Reports")
    expect(query).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "-")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")


def test_the_palette_says_when_there_is_nothing(page: Page) -> None:
    page.goto("/parts/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search and commands").fill("zebra")
    expect(page.locator(".palette__none")).to_contain_text("zebra")
    expect(page.locator("#announcer")).to_contain_text("Nothing fits")


def test_escape_leaves_the_palette_to_where_one_was(page: Page) -> None:
    page.goto("/parts/")
    opener = page.get_by_role("link", name="Search and commands")
    opener.click()
    page.get_by_role("combobox", name="Search and commands").fill("rep")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_keys_go_to_places_but_not_while_typing(page: Page) -> None:
    page.goto("/parts/")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search things")
    expect(search).to_be_focused()
    page.keyboard.type("gr?n")
    expect(search).to_have_value("gr?n")
    expect(page.locator("#shortcuts")).to_be_hidden()
    search.blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")


def test_n_and_a_letter_create(page: Page) -> None:
    page.goto("/parts/")
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="Thing T")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_role("heading", level=1)).to_have_text("New thing")


def test_a_menu_closes_by_escape_and_by_leaving(page: Page) -> None:
    page.goto("/parts/")
    summary = page.locator("[data-new-menu] summary")
    summary.click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.locator("[data-new-menu] .menu__item")).to_be_hidden()
    summary.click()
    page.get_by_role("heading", level=1).click()
    expect(page.locator("[data-new-menu] .menu__item")).to_be_hidden()


def test_a_form_in_the_dialog_keeps_its_errors_there(page: Page) -> None:
    page.goto("/parts/")
    opener = page.get_by_role("link", name="New thing").first
    opener.click()
    dialog = page.get_by_role("dialog", name="New thing")
    expect(dialog.get_by_label("Name")).to_be_focused()
    assert page.locator("#main").count() == 1
    dialog.locator("form.form").evaluate("form => { form.noValidate = true; }")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_be_focused()
    expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_form_in_the_dialog_goes_on_when_it_is_right(page: Page) -> None:
    page.goto("/parts/")
    page.get_by_role("link", name="New thing").first.click()
    dialog = page.get_by_role("dialog", name="New thing")
    dialog.get_by_label("Name").fill("Sales")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_a_number_presses_its_option(page: Page) -> None:
    page.goto("/parts/")
    page.keyboard.press("3")
    expect(page).to_have_url("/parts/")
    page.keyboard.press("2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_the_theme_is_shown_at_once_and_kept(page: Page) -> None:
    page.goto("/parts/")
    page.evaluate("document.addEventListener('theme-changed', e => { window.heard = e.detail; })")
    page.locator("summary.avatar-button").click()
    with page.expect_response("**/accounts/theme/"):
        page.get_by_label("Theme").select_option("Terminal Green")
    expect(page.locator("html")).to_have_attribute("data-rm-theme", "terminal")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate("window.heard") == {"theme": "terminal", "scheme": "dark"}
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-rm-theme", "terminal")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(6, 10, 7)"


def file(name: str, size: int = 10) -> Any:
    return {"name": name, "mimeType": "text/csv", "buffer": b"x" * size}


def test_an_upload_goes_where_the_server_says(page: Page) -> None:
    page.goto("/parts/")
    page.get_by_label("File", exact=True).set_input_files(file("sales.csv"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_a_refused_upload_says_why_and_can_be_tried_again(page: Page) -> None:
    page.goto("/parts/")
    page.get_by_label("File", exact=True).set_input_files(file("bad.csv"))
    expect(page.locator("[data-upload-error]")).to_have_text(
        "This file cannot be used. Row 3 has 5 cells."
    )
    expect(page.locator("[data-upload-state]")).to_be_hidden()
    page.get_by_label("File", exact=True).set_input_files(file("good.csv"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_a_file_too_large_is_not_sent(page: Page) -> None:
    page.goto("/parts/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_label("File", exact=True).set_input_files(file("sales.csv", 2000))
    expect(page.locator("[data-upload-error]")).to_contain_text("larger")
    assert not [url for url in sent if url.endswith("/upload/")]


def test_a_file_can_be_dropped(page: Page) -> None:
    page.goto("/parts/")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["a,b"], "sales.csv", { type: "text/csv" }));
          document.querySelector("file-drop").dispatchEvent(
            new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_leaving_with_changes_asks(page: Page) -> None:
    page.goto("/parts/")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.locator("unsaved-guard").get_by_label("Name").fill("Changed")
    page.get_by_role("link", name="Reports", exact=True).click()
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    expect(page.get_by_role("heading", level=1)).to_contain_text("Parts")


def test_an_event_of_the_topic_refreshes_its_region(page: Page) -> None:
    heard: list[Any] = []

    def socket(route: WebSocketRoute) -> None:
        def answer(text: str | bytes) -> None:
            message = json.loads(text)
            heard.append(message)
            event = {"type": "event", "topic": message["topic"], "event": "changed", "data": {}}
            route.send(json.dumps(event))

        route.on_message(answer)

    page.route_web_socket("**/ws/live/", socket)
    page.goto("/parts/")
    expect(page.locator("#count")).to_have_text("refreshed")
    assert heard == [{"type": "subscribe", "topic": "thing:1"}]


def test_without_a_socket_the_region_is_asked_for_by_the_clock(page: Page) -> None:
    page.goto("/parts/")
    expect(page.locator("#count")).to_have_text("refreshed")


def test_a_toast_of_the_page_can_be_dismissed(page: Page) -> None:
    page.goto("/parts/")
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('toast', { detail }))",
        {"state": "bad", "text": "<b>No</b>"},
    )
    toast = page.locator("#toasts > [role=alert]")
    expect(toast).to_have_text("<b>No</b>")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)


def test_it_works_without_javascript(browser: Browser, server: str) -> None:
    context = browser.new_context(
        base_url=server, java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto("/parts/")
    expect(page.get_by_role("link", name="Reports", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Open the navigation").click()
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
    page.get_by_label("New", exact=True).click()
    page.get_by_role("link", name="Thing").click()
    page.get_by_label("Name").fill("Sales")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")
    page.locator("summary.avatar-button").click()
    page.get_by_label("Theme").select_option("Light Quartz")
    page.get_by_role("button", name="Use").click()
    expect(page.locator("html")).to_have_attribute("data-rm-theme", "quartz")
    context.close()


def violations(page: Page) -> list[str]:
    """What axe finds; ``preload`` would fetch style sheets into inline ones."""
    page.evaluate(AXE.read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"preload": False, "runOnly": tags}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    ("width", "theme"),
    [*((1280, theme.key) for theme in THEMES), (1000, "graphite"), (320, "quartz")],
)
def test_every_part_is_accessible_and_fits(
    browser: Browser, server: str, width: int, theme: str
) -> None:
    """320 px is a window of 1280 at 400 % zoom."""
    context = browser.new_context(
        base_url=server, viewport={"width": width, "height": 800}, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(f"/parts/?wrong&theme={theme}")
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    context.close()
