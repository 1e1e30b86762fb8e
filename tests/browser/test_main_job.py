"""From a spreadsheet to a dashboard with the wizard: by mouse, by keyboard, without JavaScript."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Visit
from tests.browser.talk import Keyboard, Mouse, Plain, main_job


def drawn(page: Page, name: str) -> None:
    """The chart of this card is drawn: its picture has bars and words."""
    picture = page.get_by_role("region", name=name).locator("report-chart svg")
    expect(picture).to_be_visible()
    expect(picture.locator("text").filter(has_text="2015")).to_be_visible()
    assert picture.locator("path").count() >= 10


def listen(page: Page) -> list[dict[str, Any]]:
    """What the server says over the page's socket."""
    heard: list[dict[str, Any]] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: heard.append(json.loads(frame)))

    page.on("websocket", opened)
    return heard


def test_with_the_mouse(visit: Visit) -> None:
    anna = visit()
    heard = listen(anna.page)
    anna.log_in("analyst")
    anna.page.get_by_role("navigation", name="Main").get_by_role("link", name="wizard").click()
    anna.page.get_by_role("button", name="Create a dashboard").click()
    wizard = Mouse(anna)
    wizard.say(main_job("Mouse"))

    plan = wizard.wait_for_plan()
    steps = plan.get_by_role("heading", level=3)
    expect(steps).to_have_text(
        [
            "Create data source “Mouse data”",
            "Create report “Mouse report”",
            "Create dashboard “Mouse dashboard”",
        ]
    )
    expect(plan.get_by_text(re.compile(r"^Fingerprint [0-9a-f]{8}$"))).to_be_visible()
    expect(plan.locator("report-chart svg").first).to_be_visible()
    plan.get_by_text("First rows").click()
    expect(plan.get_by_role("cell", name="2006").first).to_be_visible()
    plan.get_by_text("View XML").click()
    expect(plan.get_by_text('operation="CREATE"').first).to_be_visible()

    anna.page.evaluate("window.same = true")
    heard.clear()
    wizard.execute()
    result = wizard.wait_for_result()
    assert anna.page.evaluate("window.same"), "the page was loaded again"
    assert [one for one in heard if one.get("topic", "").startswith("wizard:")]
    expect(result.get_by_role("listitem")).to_have_text(
        [
            re.compile(r"Step 1: data source “Mouse data” created \(ID \d+\)"),
            re.compile(r"Step 2: report “Mouse report” created \(ID \d+\)"),
            re.compile(r"Step 3: dashboard “Mouse dashboard” created \(ID \d+\)"),
        ]
    )
    result.get_by_role("link", name="View dashboard").click()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("Mouse dashboard")
    drawn(anna.page, "Mouse report")


def test_with_the_keyboard_alone(visit: Visit) -> None:
    ben = visit("ben")
    ben.page.goto("/")
    wizard = Keyboard(ben)
    wizard.begin()
    wizard.say(main_job("Keys"))
    plan = wizard.wait_for_plan()
    expect(plan.locator(":focus")).to_have_count(1)
    wizard.execute()
    result = wizard.wait_for_result()
    expect(result.locator(":focus")).to_have_count(1)
    wizard.press(result.get_by_role("link", name="View dashboard"))
    expect(ben.page.get_by_role("heading", level=1)).to_have_text("Keys dashboard")
    drawn(ben.page, "Keys report")


def test_without_javascript(visit: Visit) -> None:
    cleo = visit(java_script_enabled=False)
    cleo.log_in("cleo")
    wizard = Plain(cleo)
    wizard.begin()
    wizard.say(main_job("Plain"))
    wizard.wait_for_plan()
    wizard.execute()
    wizard.wait_for_result().get_by_role("link", name="View dashboard").click()
    expect(cleo.page.get_by_role("heading", level=1)).to_have_text("Plain dashboard")
    card = cleo.page.get_by_role("region", name="Plain report")
    picture = card.get_by_role("img", name="Plain report")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    card.get_by_role("link", name="Open the data of this widget").click()
    cleo.page.get_by_text("Show as table").click()
    expect(cleo.page.get_by_role("cell", name="2006")).to_be_visible()
