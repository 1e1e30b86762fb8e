"""The main job as a conversation: what the wizard asks, what is answered, and three ways to do it.

``Mouse`` clicks, ``Keyboard`` uses nothing else (but for choosing the file), ``Plain`` has no
JavaScript and posts forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import FilePayload, Locator, Page, expect

from reportmanager.demo.spreadsheet import workbook
from tests.browser.visitor import Visitor

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE = "<the file>"
AS_IT_IS = "<as it is>"


@dataclass(frozen=True)
class Turn:
    """``asked`` is part of the question; a text starting with ``=`` is typed over what stands."""

    asked: str
    answer: str


def spreadsheet(name: str = "US employment 2006-2015.xlsx") -> FilePayload:
    return {"name": name, "mimeType": EXCEL, "buffer": workbook()}


def to_the_columns(source: str) -> list[Turn]:
    return [
        Turn("Do you already have reports", "No, create a new report"),
        Turn("Do you already have a data source", "No, create a new data source"),
        Turn("What type of data source", "Excel file"),
        Turn("Please upload the file", FILE),
        Turn("Which one should be used", "By sector"),
        Turn("Are the types right", AS_IT_IS),
        Turn("What should the data source be called", f"={source}"),
    ]


def to_the_names(report: str, dashboard: str, chart: str = "Bar chart") -> list[Turn]:
    return [
        Turn("What kind of chart", chart),
        Turn("What goes along the bottom", "Month"),
        Turn("should “Month” be grouped", "By year"),
        Turn("Which number should it show", "Employees (thousands)"),
        Turn("be summed up", "Average"),
        Turn("Should it be split by something", "No, keep it simple"),
        Turn("What should the report be called", f"={report}"),
        Turn("Would you like to add another report", "No, that is all"),
        Turn("What should the dashboard be called", f"={dashboard}"),
    ]


def main_job(name: str) -> list[Turn]:
    """A dashboard with one new report on one new source, all called after ``name``."""
    return [*to_the_columns(f"{name} data"), *to_the_names(f"{name} report", f"{name} dashboard")]


def question(page: Page, asked: str) -> Locator:
    return page.get_by_role("region", name=re.compile(re.escape(asked)))


class Mouse:
    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    def begin(self, what: str = "Create a dashboard") -> None:
        self.page.goto("/wizard/")
        self.page.get_by_role("button", name=what).click()

    def say(self, turns: list[Turn]) -> None:
        for turn in turns:
            asked = question(self.page, turn.asked)
            expect(asked).to_be_visible()
            self.look(asked)
            self.answer(asked, turn.answer)

    def look(self, asked: Locator) -> None:
        """What must be true of each question."""

    def answer(self, asked: Locator, answer: str) -> None:
        if answer == FILE:
            self.hand_over(asked)
        elif answer == AS_IT_IS:
            self.go_on(asked)
        elif answer.startswith("="):
            asked.get_by_role("textbox").first.fill(answer[1:])
            self.go_on(asked)
        else:
            self.choose(asked.get_by_role("button", name=answer))

    def hand_over(self, asked: Locator) -> None:
        asked.locator("input[type=file]").set_input_files(spreadsheet())

    def go_on(self, asked: Locator) -> None:
        self.press(asked.get_by_role("button", name="Continue"))

    def choose(self, option: Locator) -> None:
        self.press(option)

    def press(self, button: Locator) -> None:
        button.click()

    def wait_for_plan(self) -> Locator:
        plan = self.page.get_by_role("region", name="Review the plan")
        expect(plan.get_by_role("button", name="Execute plan")).to_be_enabled()
        return plan

    def execute(self) -> None:
        self.press(self.page.get_by_role("button", name="Execute plan"))

    def wait_for_result(self, heading: str = "Done") -> Locator:
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        return self.page.get_by_role("region", name=heading, exact=True)


class Keyboard(Mouse):
    """Numbers choose, Tab and Enter do the rest; each new question has the focus by itself."""

    def begin(self, what: str = "Create a dashboard") -> None:
        self.page.keyboard.press("g")
        self.page.keyboard.press("w")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("AI wizard")
        # A page that is still loading may put the focus somewhere else in a moment.
        self.page.wait_for_load_state("load")
        self.choose(self.page.get_by_role("button", name=what))

    def look(self, asked: Locator) -> None:
        expect(asked.locator(":focus")).to_have_count(1)

    def answer(self, asked: Locator, answer: str) -> None:
        if not answer.startswith("="):
            super().answer(asked, answer)
            return
        self.visitor.tab_to(asked.get_by_role("textbox").first)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(answer[1:])
        self.go_on(asked)

    def choose(self, option: Locator) -> None:
        number = option.get_attribute("data-number")
        assert number, "this option has no number"
        self.page.keyboard.press(number)

    def press(self, button: Locator) -> None:
        self.visitor.tab_to(button)
        self.page.keyboard.press("Enter")


class Plain(Mouse):
    def hand_over(self, asked: Locator) -> None:
        super().hand_over(asked)
        asked.get_by_role("button", name="Upload").click()

    def wait_for_plan(self) -> Locator:
        self._reload_while("Trying the plan out")
        return super().wait_for_plan()

    def wait_for_result(self, heading: str = "Done") -> Locator:
        self._reload_while("Executing the plan")
        return super().wait_for_result(heading)

    def _reload_while(self, busy: str) -> None:
        for _try in range(200):
            self.page.wait_for_load_state()
            if not self.page.get_by_role("heading", name=busy).is_visible():
                return
            self.page.get_by_role("link", name="Reload this page").click()
        raise AssertionError(f"{busy} does not end")
