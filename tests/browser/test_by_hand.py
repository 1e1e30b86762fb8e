"""The catalog without the wizard: upload, builder, dashboard, trash, palette, themes, a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import has_no_sideways_scrolling

SHOPS = "Day,Shop,Takings\n" + "".join(
    f"2024-{month:02}-15,{shop},{month * 100 + len(shop)}\n"
    for month in range(1, 13)
    for shop in ("North", "South", "Harbour")
)
MAIN_PAGES = ["/", "/dashboards/", "/reports/", "/sources/", "/schedules/", "/wizard/", "/trash/"]


def csv_file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": SHOPS.encode()}


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_from_a_csv_file_to_a_report(visit: Visit) -> None:
    page = visit("analyst").page
    page.goto("/sources/upload/")
    page.locator("input[type=file]").set_input_files(csv_file("Shops.csv"))
    heading(page, "Shops.csv")
    first = page.get_by_role("region", name="The first 36 rows").first
    expect(first.get_by_role("cell", name="Harbour").first).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Takings of the shops")
    page.get_by_role("button", name="Create data source").click()
    page.get_by_role("link", name="Open the result").click()
    heading(page, "Takings of the shops")
    expect(page.get_by_role("cell", name="Takings").first).to_be_visible()

    page.get_by_role("link", name="New report").click()
    heading(page, "New report")
    preview = page.get_by_role("region", name="Preview")
    draw_as = page.get_by_label("Draw as")
    draw_as.select_option("Bar")
    expect(preview.get_by_role("img", name=re.compile("^Bar chart")).first).to_be_visible()
    bars = preview.locator("report-chart svg").inner_html()
    draw_as.select_option("Line")
    expect(preview.get_by_role("img", name=re.compile("^Line chart")).first).to_be_visible()
    assert preview.locator("report-chart svg").inner_html() != bars
    page.get_by_label("Name", exact=True).fill("Takings over the year")
    page.get_by_role("button", name="Create report").click()
    heading(page, "Takings over the year")
    expect(page.get_by_role("status").filter(has_text="was created")).to_be_visible()
    expect(page.locator("report-chart svg")).to_be_visible()


def widget(page: Page, number: int) -> Locator:
    return page.get_by_role("group", name=f"Widget {number}", exact=True)


def place(page: Page, number: int) -> list[str]:
    return [
        widget(page, number).get_by_label(name, exact=True).input_value()
        for name in ("Column", "Row", "Width", "Height")
    ]


def test_a_dashboard_is_made_and_its_widgets_are_moved(visit: Visit) -> None:
    page = visit("analyst").page
    page.goto("/dashboards/new/")
    page.get_by_label("Name", exact=True).fill("By hand")
    page.get_by_label("Revenue by country").check()
    page.get_by_label("Tracks by genre").check()
    page.get_by_role("button", name="Create dashboard").click()
    heading(page, "By hand")
    expect(page.locator("report-chart svg")).to_have_count(2)

    page.get_by_role("link", name="Edit", exact=True).click()
    heading(page, "Edit By hand")
    before = [place(page, 1), place(page, 2)]
    assert [where[:3] for where in before] == [["0", "0", "6"], ["6", "0", "6"]]
    widget(page, 2).get_by_label("Row", exact=True).fill("6")
    widget(page, 2).get_by_label("Row", exact=True).press("Tab")
    tile = page.locator(".grid-stack-item").nth(0)
    expect(tile).to_be_visible()
    for _ in range(3):  # a busy machine may miss the first pull
        drag(page, tile, to=page.locator(".grid-stack-item").nth(1))
        page.wait_for_timeout(500)
        if (moved := place(page, 1)) != before[0]:
            break
    assert moved != before[0], "dragging writes into the number fields"
    page.get_by_role("button", name="Save").click()
    heading(page, "By hand")
    expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    heading(page, "Edit By hand")
    after = [place(page, 1), place(page, 2)]
    assert moved in after
    assert ["6", "6", *before[1][2:]] in after


def drag(page: Page, tile: Locator, to: Locator) -> None:
    """Pick the tile up in its middle and put it down in the left of the row of ``to``."""
    tile.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # tiles glide to their places
    start, end = tile.bounding_box(), to.bounding_box()
    assert start
    assert end
    x = start["x"] + start["width"] / 2
    page.mouse.move(x, start["y"] + start["height"] / 2)
    page.mouse.down()
    for part in range(1, 9):
        way = (end["y"] - start["y"]) * part / 8
        page.mouse.move(x, start["y"] + start["height"] / 2 + way)
    page.mouse.up()


def test_the_trash_can_be_undone(visit: Visit) -> None:
    page = visit("analyst").page
    page.goto("/reports/?q=Invoices+by+city")
    page.get_by_role("link", name="Invoices by city").click()
    heading(page, "Invoices by city")
    page.get_by_role("link", name="Move to trash").click()
    dialog = page.get_by_role("dialog", name="Move to trash")
    expect(dialog).to_contain_text("Music sales")
    dialog.get_by_role("button", name="Move to trash").click()
    heading(page, "Reports")
    told = page.get_by_role("status").filter(has_text="was moved to the trash")
    told.get_by_role("button", name="Undo").click()
    heading(page, "Invoices by city")
    expect(page.get_by_role("status").filter(has_text="is back")).to_be_visible()


def test_the_palette_finds_a_report_and_opens_it(visit: Visit) -> None:
    page = visit("analyst").page
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("largest sec")
    results = page.get_by_role("listbox", name="Results")
    expect(results.get_by_role("option", selected=True)).to_contain_text("Largest sectors")
    page.keyboard.press("Enter")
    heading(page, "Largest sectors")


def test_the_theme_stays_and_charts_follow_it(visit: Visit) -> None:
    page = visit("admin").page
    page.goto("/dashboards/")
    page.get_by_role("link", name="US employment").click()
    words = page.locator("report-chart svg text").first
    expect(words).to_be_visible()
    ink = words.get_attribute("fill")
    page.locator("summary").filter(has_text="Your menu").click()
    with page.expect_response("**/settings/theme/"):
        page.get_by_label("Theme").select_option("Terminal Green")
    expect(page.locator("html")).to_have_attribute("data-rm-theme", "terminal")
    expect(words).not_to_have_attribute("fill", ink or "")
    page.goto("/reports/")
    expect(page.locator("html")).to_have_attribute("data-rm-theme", "terminal")
    page.locator("summary").filter(has_text="Your menu").click()
    with page.expect_response("**/settings/theme/"):
        page.get_by_label("Theme").select_option("System")


def test_on_a_phone(visit: Visit) -> None:
    page = visit("analyst", viewport={"width": 360, "height": 740}, has_touch=True).page
    page.goto("/")
    drawer = page.get_by_role("navigation", name="Main")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Open the navigation").tap()
    expect(drawer).to_be_visible()
    drawer.get_by_role("link", name="Dashboards").tap()
    heading(page, "Dashboards")
    expect(drawer).to_be_hidden()
    page.get_by_role("link", name="Music sales").tap()
    heading(page, "Music sales")
    expect(page.locator("report-chart svg").first).to_be_visible()
    assert has_no_sideways_scrolling(page)


@pytest.mark.parametrize("address", MAIN_PAGES)
def test_a_phone_needs_no_sideways_scrolling(visit: Visit, address: str) -> None:
    page = visit("analyst", viewport={"width": 360, "height": 740}).page
    page.goto(address)
    assert has_no_sideways_scrolling(page)
