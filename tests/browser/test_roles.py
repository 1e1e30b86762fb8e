"""What somebody with the role Viewer sees, and does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_a_viewer_reads(visit: Visit) -> None:
    page = visit("viewer").page
    page.goto("/dashboards/")
    page.get_by_role("link", name="Music sales").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Music sales")
    expect(page.locator("report-chart svg").first).to_be_visible()
    for name in ("Edit", "Move to trash", "Schedule"):
        expect(page.get_by_role("main").get_by_role("link", name=name)).to_have_count(0)


@pytest.mark.parametrize("address", ["/dashboards/", "/reports/", "/schedules/"])
def test_a_viewer_is_offered_nothing_to_create(visit: Visit, address: str) -> None:
    page = visit("viewer").page
    page.goto(address)
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("link", name="New")).to_have_count(0)
    expect(page.get_by_role("link", name="Upload")).to_have_count(0)
    expect(page.locator("[data-new-menu]")).to_have_count(0)
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="wizard")).to_have_count(0)


@pytest.mark.parametrize(
    "address", ["/wizard/", "/dashboards/new/", "/reports/new/", "/sources/", "/trash/"]
)
def test_an_address_known_by_heart_is_refused_with_a_sentence(visit: Visit, address: str) -> None:
    victor = visit("viewer")
    victor.expected = {403}
    answer = victor.page.goto(address)
    assert answer
    assert answer.status == 403
    main = victor.page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_have_text("Your role does not allow this.")
    assert len(main.inner_text().split()) > 15
    main.get_by_role("link", name="Home page").click()
    expect(victor.page.get_by_role("heading", level=1)).to_have_text("Home")
