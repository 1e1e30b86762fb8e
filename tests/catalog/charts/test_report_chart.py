"""The element in a real browser, under a content policy as strict as the pages' own."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from catalog.charts.option import echarts_option
from catalog.charts.render import STATIC
from catalog.charts.spec import ChartSpec
from tests.catalog.charts.results import monthly, regional
from tests.chromium import launched

pytestmark = pytest.mark.browser

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"
STYLE = """
:root { color-scheme: light; --rm-chart-1: light-dark(#112233, #aabbcc); --tblr-body-color: #222; }
:root[data-bs-theme="dark"] { color-scheme: dark; }
""" + "".join(f":root {{ --rm-chart-{n}: #00000{n}; }}\n" for n in range(2, 9))
WATCH = """
window.seen = [];
for (const name of ["chart-drawn", "chart-failed", "chart-mark-selected"])
  document.addEventListener(name, (event) => seen.push([name, event.detail]));
document.addEventListener("securitypolicyviolation", (event) =>
  seen.push(["violation", `${event.violatedDirective} ${event.sample}`]));
"""


def option(kind: str = "bar", **values: Any) -> dict[str, Any]:
    drawn = echarts_option(
        regional(**(values or {"North": 1200, "South": 30})), ChartSpec(kind=kind), title="Sales"
    )
    assert drawn is not None
    return drawn


class Site(ThreadingHTTPServer):
    """Serves ``pages`` and our static files, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, tuple[int, str, str]] = {
            "/style.css": (200, "text/css", STYLE),
            "/watch.js": (200, "text/javascript", WATCH),
        }
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def show(self, body: str) -> str:
        html = (
            '<!doctype html><html lang="en"><head><link rel="stylesheet" href="/style.css">'
            '<script src="/watch.js"></script>'
            '<script type="module" src="/static/js/report-chart.js"></script>'
            f"</head><body>{body}</body></html>"
        )
        self.pages["/"] = (200, "text/html; charset=utf-8", html)
        return f"{self.address}/"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, kind, body = self.server.pages.get(self.path, (404, "text/plain", ""))
        content = body.encode()
        if self.path.startswith("/static/"):
            with contextlib.suppress(OSError):
                content = (STATIC / self.path.removeprefix("/static/")).read_bytes()
                status, kind = 200, "text/javascript"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(scripts: list[str]) -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(15_000)
    yield page
    page.close()


def chart(content: str = "", **attributes: str) -> str:
    given = {"data_echarts": "/static/vendor/echarts.min.js", **attributes}
    text = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in given.items())
    return f"<report-chart {text}>{content}</report-chart>"


def inline(drawn: object) -> str:
    return f'<script type="application/json">{json.dumps(drawn)}</script>'


def until(page: Page, name: str) -> dict[str, Any]:
    page.wait_for_function("(name) => seen.some((event) => event[0] === name)", arg=name)
    seen = page.evaluate("seen")
    assert not [event for event in seen if event[0] == "violation"]
    return next(detail for event, detail in seen if event == name)


def test_an_inline_option_is_drawn_without_breaking_the_policy(site: Site, page: Page) -> None:
    picture = '<noscript><img src="/never.svg" alt=""></noscript>'
    page.goto(site.show(chart(inline(option()) + picture)))
    until(page, "chart-drawn")
    drawing = page.get_by_role("img", name="Bar chart of Sales, 2 bars")
    assert page.locator("svg text", has_text="1,200").first.is_visible()
    assert (drawing.bounding_box() or {})["height"] >= 100
    assert "/never.svg" not in site.asked


def test_the_tooltip_formats_numbers_and_keeps_the_policy(site: Site, page: Page) -> None:
    drawn = echarts_option(
        monthly(1234567, 2345678),
        ChartSpec(kind="line", number_format="currency", currency="EUR"),
        title="Sales",
    )
    page.goto(site.show(chart(inline(drawn))))
    until(page, "chart-drawn")
    box = page.locator("report-chart svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    page.locator("svg text", has_text="€2,345,678.00").first.wait_for()
    until(page, "chart-drawn")


def test_a_fetched_option_is_drawn_and_drawn_anew_when_its_address_changes(
    site: Site, page: Page
) -> None:
    site.pages["/a.json"] = (
        200,
        "application/json",
        json.dumps({"option": option(), "message": ""}),
    )
    site.pages["/b.json"] = (200, "application/json", json.dumps(option(East=5)))
    page.goto(site.show(chart(data_src="/a.json")))
    page.locator("svg text", has_text="North").wait_for()
    page.locator("report-chart").evaluate("(chart) => { chart.dataset.src = '/b.json'; }")
    page.locator("svg text", has_text="East").wait_for()
    assert page.locator("report-chart svg").count() == 1
    assert site.asked.count("/static/vendor/echarts.min.js") == 1


def test_the_colours_follow_the_theme(site: Site, page: Page) -> None:
    page.goto(site.show(chart(inline(option()))))
    until(page, "chart-drawn")
    assert page.locator('svg path[fill="#112233"]').count() > 0
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.locator('svg path[fill="#aabbcc"]').first.wait_for(state="attached")
    assert page.locator('svg path[fill="#112233"]').count() == 0


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, json.dumps({"detail": "The source does not answer."}), "The source does not answer."),
        (500, "oops", "the server answered 500"),
        (200, "oops", "The chart could not be drawn"),
        (200, json.dumps({"option": None, "message": "No rows match."}), "No rows match."),
    ],
)
def test_failures_are_said_and_what_was_there_stays(
    site: Site, page: Page, status: int, body: str, said: str
) -> None:
    site.pages["/a.json"] = (status, "application/json", body)
    page.goto(site.show(chart("<p>12 rows</p>", data_src="/a.json")))
    assert said in page.get_by_role("status").inner_text()
    assert page.get_by_text("12 rows").is_visible()


def test_a_missing_library_is_said(site: Site, page: Page) -> None:
    page.goto(site.show(chart(inline(option()), data_echarts="/missing.js")))
    detail = until(page, "chart-failed")
    assert "library did not load" in detail["message"]


def test_a_message_is_text_and_names_are_text(site: Site, page: Page) -> None:
    hostile = "<img src=/never.svg onerror=alert(1)>"
    site.pages["/a.json"] = (
        200, "application/json", json.dumps({"option": None, "message": hostile})
    )  # fmt: skip
    named = json.dumps(option(**{hostile: 5})).replace("<", "\\u003c")
    content = f'<script type="application/json">{named}</script>'
    page.goto(site.show(chart(data_src="/a.json") + chart(content)))
    until(page, "chart-drawn")
    assert hostile in page.get_by_role("status").inner_text()
    assert "/never.svg" not in site.asked


def test_a_clicked_mark_names_its_raw_value(site: Site, page: Page) -> None:
    page.goto(site.show(chart(inline(option(North=5)))))
    until(page, "chart-drawn")
    box = page.locator('svg path[fill="#112233"]').first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert until(page, "chart-mark-selected")["cell"] == "North"


def test_the_drawing_follows_its_box_and_goes_with_the_element(site: Site, page: Page) -> None:
    page.goto(site.show(chart(inline(option()))))
    until(page, "chart-drawn")
    page.set_viewport_size({"width": 500, "height": 600})
    page.wait_for_function("() => document.querySelector('report-chart svg').clientWidth < 500")
    left = page.evaluate(
        """() => {
          const chart = document.querySelector("report-chart");
          chart.remove();
          return chart.querySelectorAll("svg").length;
        }"""
    )
    assert left == 0
