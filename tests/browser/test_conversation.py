"""What can happen in the middle of a conversation, and that nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.talk import FILE, Mouse, Turn, main_job, question, spreadsheet

REPORTS = "Do you already have reports"
SOURCE = "Do you already have a data source"
KIND = "What type of data source"


def answers(page: Page) -> Locator:
    return page.get_by_role("region", name="Answers so far").get_by_role("listitem")


def begun(visit: Visit, *turns: Turn) -> Mouse:
    wizard = Mouse(visit("dora"))
    wizard.begin()
    wizard.say([Turn(REPORTS, "No, create a new report"), *turns])
    return wizard


def test_a_reload_goes_on_where_it_was(visit: Visit) -> None:
    wizard = begun(visit, Turn(SOURCE, "No, create a new data source"))
    expect(question(wizard.page, KIND)).to_be_visible()
    wizard.page.reload()
    expect(question(wizard.page, KIND)).to_be_visible()
    expect(answers(wizard.page)).to_have_count(3)


def test_it_is_found_again_from_home(visit: Visit) -> None:
    wizard = begun(visit)
    expect(question(wizard.page, SOURCE)).to_be_visible()
    address = wizard.page.url
    wizard.page.goto("/")
    unfinished = wizard.page.get_by_role("region", name="Unfinished wizard conversations")
    unfinished.get_by_role("link").first.click()
    assert wizard.page.url == address
    expect(question(wizard.page, SOURCE)).to_be_visible()


def test_back_returns_to_the_question_with_its_answer(visit: Visit) -> None:
    wizard = begun(visit)
    expect(question(wizard.page, SOURCE)).to_be_visible()
    wizard.page.get_by_role("button", name="Back").click()
    asked = question(wizard.page, REPORTS)
    chosen = asked.get_by_role("button", name="No, create a new report")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(asked.locator(":focus")).to_have_count(1)
    chosen.click()
    expect(question(wizard.page, SOURCE)).to_be_visible()


def test_a_second_tab_that_is_behind_is_told_so(visit: Visit) -> None:
    wizard = begun(visit)
    expect(question(wizard.page, SOURCE)).to_be_visible()
    wizard.visitor.expected = {422}
    behind = wizard.visitor.new_page()
    behind.goto(wizard.page.url)
    expect(question(behind, SOURCE)).to_be_visible()
    wizard.say([Turn(SOURCE, "No, create a new data source")])
    expect(question(wizard.page, KIND)).to_be_visible()

    question(behind, SOURCE).get_by_role("button", name="Yes, use a data source").click()
    expect(behind.get_by_role("alert")).to_be_focused()
    expect(behind.get_by_role("alert")).to_contain_text("went on in another window")
    expect(question(behind, KIND)).to_be_visible()
    expect(answers(behind).nth(2)).to_contain_text("No, create a new data source")
    question(behind, KIND).get_by_role("button", name="CSV file").click()
    expect(question(behind, "Please upload the file")).to_be_visible()


def test_cancelling_changes_nothing(visit: Visit) -> None:
    wizard = begun(visit)
    expect(question(wizard.page, SOURCE)).to_be_visible()
    wizard.page.get_by_role("button", name="Cancel", exact=True).click()
    heading = wizard.page.get_by_role("heading", name="Cancelled. Nothing was changed.")
    expect(heading).to_be_focused()
    wizard.page.reload()
    expect(heading).to_be_visible()
    wizard.page.get_by_role("link", name="Start something else").click()
    expect(wizard.page.get_by_role("heading", level=1)).to_have_text("AI wizard")


def test_a_refused_file_says_why_and_the_next_one_goes_on(visit: Visit) -> None:
    wizard = begun(visit, Turn(SOURCE, "No, create a new data source"), Turn(KIND, "Excel file"))
    wizard.visitor.expected = {422}
    asked = question(wizard.page, "Please upload the file")
    pdf = spreadsheet() | {"buffer": b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF"}
    asked.locator("input[type=file]").set_input_files(pdf)
    expect(asked.get_by_role("alert")).to_contain_text("PDF")
    expect(answers(wizard.page)).to_have_count(4)
    wizard.say([Turn("Please upload the file", FILE)])
    expect(question(wizard.page, "Which one should be used")).to_be_visible()


def test_a_box_that_was_made_larger_breaks_no_policy(visit: Visit) -> None:
    """Browsers write the new size into the element's style, which the next question has not."""
    wizard = begun(visit)
    expect(question(wizard.page, SOURCE)).to_be_visible()
    typed = wizard.page.get_by_role("textbox", name="Your answer in your own words")
    typed.evaluate("element => { element.style.width = '400px'; }")
    wizard.say([Turn(SOURCE, "No, create a new data source")])
    expect(question(wizard.page, KIND)).to_be_visible()


def test_a_failed_plan_says_why_and_that_nothing_was_changed(
    visit: Visit, make_report: Callable[[str], None]
) -> None:
    """A report of the same name appears between the review and the execution."""
    wizard = Mouse(visit("dora"))
    wizard.begin()
    wizard.say(main_job("Late"))
    wizard.wait_for_plan()
    make_report("Late report")
    wizard.execute()
    failed = wizard.wait_for_result("The plan failed")
    expect(failed.get_by_role("alert")).to_contain_text("Step 2")
    expect(failed.get_by_role("alert")).to_contain_text("Late report")
    expect(failed.get_by_role("alert")).to_contain_text("Nothing was changed.")
    states = failed.get_by_role("listitem")
    expect(states).to_contain_text(["Skipped", "Failed", "Skipped"])
    failed.get_by_role("button", name="Retry").click()
    plan = wizard.page.get_by_role("region", name="Review the plan")
    expect(plan.get_by_text("Late report").first).to_be_visible()
    expect(plan.get_by_role("button", name="Execute plan")).to_be_disabled()
    wizard.page.goto("/sources/?q=Late")
    expect(wizard.page.get_by_role("heading", name="Nothing matches")).to_be_visible()
