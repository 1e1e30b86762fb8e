"""The settings of the models: a provider is added, tried out, preferred, allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from llm.standin import Running, running
from tests.browser.axe import check_everybody_can_use
from tests.browser.demo import Demo, served
from tests.browser.visitor import Visitor
from tests.test_serve import Served

SETTINGS = "/models/settings/"
Open = Callable[..., Visitor]


class Installation(Demo):
    """The demo workspace where the operator allows model servers of this machine. Its own: what
    is set here would be in the way of other tests."""

    def __init__(self, directory: Path, standin: Running) -> None:
        self.directory = directory
        self.manage("migrate", "-v0")
        self.manage("load_demo")
        Served.__init__(
            self,
            directory,
            "--no-migrate",
            OLLAMA_URL=standin.url,
            LLM_ALLOWED_HOSTS="127.0.0.1",
        )


@pytest.fixture(scope="module")
def standin() -> Iterator[Running]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def installation(
    chromium: Path, standin: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with served(Installation(tmp_path_factory.mktemp("models"), standin)) as server:
        yield server


@pytest.fixture(scope="module")
def admin(browser: Browser, installation: Installation) -> Any:
    """Her cookies."""
    context = browser.new_context(base_url=installation.url)
    Visitor(context).log_in("admin")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visit(browser: Browser, installation: Installation, admin: Any) -> Iterator[Open]:
    visitors: list[Visitor] = []

    def open_page(**options: Any) -> Visitor:
        context = browser.new_context(
            base_url=installation.url,
            storage_state=admin,
            viewport={"width": 1280, "height": 1000},
            **options,
        )
        visitors.append(Visitor(context))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [text for visitor in visitors for text in visitor.complaints] == []


def fill(page: Page, name: str, address: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Address").fill(address)


def main_heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_a_provider_is_added_preferred_and_restricted(visit: Open, standin: Running) -> None:
    visitor = visit(reduced_motion="reduce")
    page = visitor.page
    page.goto(SETTINGS)
    page.get_by_role("link", name="Add a provider").click()
    fill(page, "GPU machine", "http://127.0.0.1:9")
    page.get_by_role("button", name="Test connection").click()
    found = page.locator("#test-result")
    expect(found).to_contain_text("The connection does not work.")
    page.get_by_label("Address").fill(standin.url)
    page.get_by_role("button", name="Test connection").click()
    expect(found).to_contain_text("The connection works.")
    expect(found).to_contain_text("5 models")
    expect(page.get_by_label("Name", exact=True)).to_have_value("GPU machine")
    check_everybody_can_use(page)
    page.get_by_role("button", name="Add the provider").click()
    main_heading(page, "Connection")
    rows = page.get_by_role("region", name="Providers").get_by_role("listitem")
    expect(rows.filter(has_text="GPU machine")).to_contain_text("Answers")

    page.get_by_role("button", name="Move GPU machine down").click()
    expect(rows.first).to_contain_text("shared")
    expect(page.locator("#announcer")).to_have_text("GPU machine is number 2 now.")
    expect(rows.filter(has_text="GPU machine")).to_be_focused()
    page.get_by_role("button", name="Test GPU machine").click()
    expect(found).to_contain_text("GPU machine: The connection works.")
    check_everybody_can_use(page)

    page.get_by_role("link", name="Model preferences").click()
    main_heading(page, "Model preferences")
    chat = page.get_by_role("group", name="Conversations")
    chat.get_by_label("First choice").select_option("qwen3:4b")
    chat.get_by_label("Second choice").select_option("llama3.2:latest")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="preferences are saved")).to_be_visible()
    expect(chat.get_by_label("First choice")).to_have_value("qwen3:4b")
    expect(chat).to_contain_text("Now: qwen3:4b on Ollama.")
    page.get_by_text("More choices").first.click()
    check_everybody_can_use(page)

    page.get_by_role("link", name="Access", exact=True).click()
    check_everybody_can_use(page)
    page.get_by_role("link", name="Change access to gpt-oss:120b-cloud on GPU machine").click()
    dialog = page.get_by_role("dialog", name="Access to gpt-oss:120b-cloud")
    dialog.get_by_label("Viewer").uncheck()
    expect(dialog).to_contain_text("Ask whoever is responsible for data protection first.")
    dialog.get_by_label("Prompts to it may leave our machines").check()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="is saved")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Analyst, Admin")
    expect(row).to_contain_text("May leave our machines")


def test_a_refused_rule_stays_in_its_dialog(visit: Open) -> None:
    visitor = visit(reduced_motion="reduce")
    visitor.expected = {422}
    page = visitor.page
    page.goto(f"{SETTINGS}access/")
    page.get_by_role("link", name="Change access to Ollama").click()
    dialog = page.get_by_role("dialog", name="Access to Ollama")
    for role in ("Viewer", "Analyst", "Admin"):
        dialog.get_by_label(role).uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_be_focused()
    expect(dialog).to_contain_text("Tick at least one role.")
    check_everybody_can_use(page)
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("tab", ["generation/", "advanced/", "providers/new/"])
def test_everybody_can_use_the_other_tabs(visit: Open, tab: str) -> None:
    page = visit(reduced_motion="reduce").page
    page.goto(SETTINGS + tab)
    check_everybody_can_use(page)


def test_without_javascript(visit: Open, standin: Running) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    page.goto(f"{SETTINGS}providers/new/")
    fill(page, "By hand", standin.url)
    page.get_by_label("API key").fill("sk-typed")
    page.get_by_label("Prompts leave our machines").check()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#test-result")).to_contain_text("The connection works.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("By hand")
    expect(page.get_by_label("Prompts leave our machines")).to_be_checked()
    expect(page.get_by_text("Type the key once more")).to_be_visible()
    assert "sk-typed" not in page.content()
    page.get_by_role("button", name="Add the provider").click()
    main_heading(page, "Connection")
    page.get_by_role("button", name="Move By hand down").click()
    expect(page.get_by_role("listitem").filter(has_text="By hand")).to_be_visible()

    switch = page.get_by_role("switch", name="Use the installation's shared providers")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()

    page.goto(f"{SETTINGS}access/")
    page.get_by_role("link", name="Change access to By hand", exact=True).click()
    main_heading(page, "Access to By hand")
    page.get_by_label("Viewer").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="By hand")).to_contain_text("Analyst, Admin")

    page.goto(f"{SETTINGS}generation/")
    page.get_by_label("Temperature").fill("0.2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Temperature")).to_have_value("0.2")
    page.get_by_role("button", name="Reset to the installation's defaults").click()
    expect(page.get_by_label("Temperature")).to_have_value("")

    page.goto(SETTINGS)
    page.get_by_role("link", name="By hand", exact=True).click()
    page.get_by_role("link", name="Remove").click()
    main_heading(page, "Remove By hand")
    page.get_by_role("button", name="Remove the provider").click()
    expect(page.get_by_role("status").filter(has_text="is removed")).to_be_visible()
