"""The Models page in a real browser, with a real server and a stand-in for the model server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from llm.standin import (
    Model,
    Running,
    Script,
    disk_full,
    error_line,
    pieces,
    pullable,
    running,
    thinks,
)
from tests.browser.axe import check_everybody_can_use
from tests.browser.demo import PREPARE, Demo, served
from tests.browser.visitor import Visitor, has_no_sideways_scrolling
from tests.test_serve import Served, free_port

MB = 2**20
LONG = "hf.co/an-organization/A-Model-With-A-Very-Long-Name-Indeed-70B-Instruct-GGUF:Q4_K_M"
# What happens by the clock: a busy machine takes its time.
PATIENCE = 90_000
Enter = Callable[..., Visitor]


class ModelServer:
    """The stand-in at an address of its own: it can go away and come back."""

    def __init__(self) -> None:
        self.port = free_port()
        self.now: Running
        self._stack = ExitStack()

    def start(self, *models: Model) -> None:
        known = {"models": models} if models else {}
        self.now = self._stack.enter_context(running(Script(**known), port=self.port))  # type: ignore[arg-type]

    def start_empty(self) -> None:
        self.now = self._stack.enter_context(running(Script(models=()), port=self.port))

    def stop(self) -> None:
        self._stack.close()


class Office(Demo):
    """The demo workspace that asks this model server, and looks after it every few seconds."""

    def __init__(self, directory: Path, models: ModelServer) -> None:
        self.directory = directory
        self.manage("shell", "-c", PREPARE)
        address = f"http://127.0.0.1:{models.port}"
        often = {"JOB_POLL": "0.1", "LLM_HEALTH_SECONDS": "5"}
        Served.__init__(self, directory, "--no-migrate", OLLAMA_URL=address, **often)


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    server = ModelServer()
    names = ("qwen3:4b", "gemma3:4b", "keep:1b", "plain:1b", "other:1b", LONG)
    server.start(*(Model(name=name) for name in names))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def office(
    chromium: Path, models: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with served(Office(tmp_path_factory.mktemp("models"), models)) as server:
        yield server


@pytest.fixture(scope="module")
def cookies() -> dict[str, Any]:
    return {}


@pytest.fixture
def enter(browser: Browser, office: Office, cookies: dict[str, Any]) -> Iterator[Enter]:
    """``enter("admin")``: the Models page. What goes wrong in it fails the test."""
    visitors: list[Visitor] = []

    def enter(role: str = "admin", **options: Any) -> Visitor:
        if role not in cookies:
            first = browser.new_context(base_url=office.url)
            Visitor(first).log_in(role)
            cookies[role] = first.storage_state()
            first.close()
        settings = {"viewport": {"width": 1280, "height": 1600}, **options}
        context = browser.new_context(base_url=office.url, storage_state=cookies[role], **settings)
        visitors.append(Visitor(context))
        visitors[-1].page.goto("/models/")
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.context.close()
    assert [text for visitor in visitors for text in visitor.complaints] == []


def download(page: Page, name: str) -> Locator:
    """Started; its row."""
    page.get_by_label("Name of the model").fill(name)
    page.get_by_role("button", name="Download", exact=True).click()
    return row(page, name)


def row(page: Page, name: str) -> Locator:
    full = name if ":" in name else f"{name}:latest"
    return page.get_by_role("region", name="Downloads").get_by_role(
        "listitem", name=full, exact=True
    )


def installed(page: Page, name: str) -> Locator:
    region = page.get_by_role("region", name="Installed")
    return region.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def put_away(page: Page, name: str) -> None:
    row(page, name).get_by_role("button", name="Dismiss").click()
    expect(row(page, name)).to_be_hidden()


def let_go(models: ModelServer, *names: str) -> None:
    """What was held goes on to its end."""

    def all_here() -> bool:
        models.now.release()
        return set(names) <= set(models.now.installed)

    models.now.wait_until(all_here, 60)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def test_two_downloads_go_on_while_nobody_looks(enter: Enter, models: ModelServer) -> None:
    models.now.offer(*(pullable(name, 40 * MB, hold_at=10 * MB) for name in ("one", "two")))
    page = enter().page
    download(page, "one")
    download(page, "two")
    for name in ("one", "two"):
        expect(row(page, name)).to_contain_text("10.0 MB of 40.0 MB", timeout=PATIENCE)
        bar = row(page, name).get_by_role("progressbar", name=f"Download of {name}:latest")
        expect(bar).to_have_js_property("value", 10 * MB)
        expect(bar).to_have_js_property("max", 40 * MB)
    page.context.close()

    let_go(models, "one:latest", "two:latest")
    page = enter().page
    for name in ("one", "two"):
        expect(row(page, name)).to_contain_text("Downloaded", timeout=PATIENCE)
        expect(installed(page, f"{name}:latest")).to_be_visible(timeout=PATIENCE)
    put_away(page, "one")
    put_away(page, "two")


def test_progress_is_seen_as_it_comes(enter: Enter, models: ModelServer) -> None:
    models.now.offer(pullable("steady", 400 * MB, rate=2 * MB))
    page = enter().page
    mine = download(page, "steady")
    bar = mine.get_by_role("progressbar")
    for _step in range(3):
        before = bar.evaluate("bar => bar.value")
        expect(bar).not_to_have_js_property("value", before, timeout=PATIENCE)
    expect(mine).to_contain_text(re.compile(r"of 400\.0\sMB · .+ per second · .+ left"))
    mine.get_by_role("button", name="Cancel").click()
    expect(mine).to_contain_text("Cancelled", timeout=PATIENCE)
    put_away(page, "steady")


def test_cancelled_and_taken_up_again(enter: Enter, models: ModelServer) -> None:
    models.now.offer(pullable("broken", 40 * MB, hold_at=10 * MB))
    page = enter().page
    mine = download(page, "broken")
    expect(mine).to_contain_text("10.0 MB of 40.0 MB", timeout=PATIENCE)
    left = models.now.closed_early
    mine.get_by_role("button", name="Cancel").click()
    expect(mine).to_be_focused()
    expect(mine).to_contain_text("Cancelled", timeout=PATIENCE)
    expect(mine).to_contain_text("the server keeps what has come")
    models.now.wait_until(lambda: models.now.closed_early > left)
    expect(page.locator("#announcer")).to_have_text("broken:latest: Cancelled")

    models.now.offer(pullable("broken", 40 * MB, hold_at=20 * MB))
    mine.get_by_role("button", name="Resume").click()
    expect(mine).to_contain_text("20.0 MB of 40.0 MB", timeout=PATIENCE)
    let_go(models, "broken:latest")
    expect(mine).to_contain_text("Downloaded", timeout=PATIENCE)
    expect(installed(page, "broken:latest")).to_be_visible(timeout=PATIENCE)
    mine.get_by_role("button", name="Dismiss").click()
    expect(mine).to_be_hidden()
    page.reload()
    expect(installed(page, "broken:latest")).to_be_visible()
    expect(row(page, "broken")).to_be_hidden()


def test_a_download_that_fails_says_why(enter: Enter, models: ModelServer) -> None:
    models.now.offer(disk_full("huge", 90 * MB, at=40 * MB))
    page = enter().page
    expect(download(page, "huge")).to_contain_text(
        "The disk of the model server is full. Delete a model, then resume.", timeout=PATIENCE
    )
    expect(download(page, "nowhere")).to_contain_text(
        "There is no model of this name to download.", timeout=PATIENCE
    )
    expect(row(page, "nowhere").get_by_role("button", name="Try again")).to_be_visible()
    put_away(page, "huge")
    put_away(page, "nowhere")


def test_a_name_that_is_none_is_refused_beside_it(enter: Enter) -> None:
    visitor = enter()
    visitor.expected = {422}
    page = visitor.page
    page.get_by_label("Name of the model").fill("https://example.org/model")
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_focused()
    field = page.get_by_label("Name of the model")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("https://example.org/model")
    expect(field).to_have_accessible_description(re.compile("not a web address"))
    check_everybody_can_use(page)


def test_loaded_for_a_while_and_unloaded(enter: Enter, models: ModelServer) -> None:
    page = enter().page
    page.get_by_role("link", name="Load qwen3:4b").click()
    dialog(page).get_by_role("radio", name="for 5 minutes").check()
    dialog(page).get_by_role("button", name="Load").click()
    expect(page.get_by_text("qwen3:4b is loaded.")).to_be_visible()
    loaded = page.get_by_role("region", name="Loaded now").get_by_role("row", name="qwen3:4b")
    clock = loaded.locator("count-down")
    expect(clock).to_have_text(re.compile(r"^[1-4]:\d\d$"), timeout=PATIENCE)
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    expect(loaded).to_contain_text("GPU")
    assert models.now.loaded == ["qwen3:4b"]
    loaded.get_by_role("button", name="Unload qwen3:4b").click()
    expect(page.get_by_text("qwen3:4b is unloaded.")).to_be_visible()
    expect(page.get_by_role("region", name="Loaded now")).to_be_hidden()
    assert models.now.loaded == []


def test_deleted_by_its_name(enter: Enter, models: ModelServer) -> None:
    visitor = enter()
    visitor.expected = {422}
    page = visitor.page
    page.get_by_role("link", name="Delete gemma3:4b").click()
    typed = dialog(page).get_by_label("Name of the model")
    typed.fill("gemma3")
    dialog(page).get_by_role("button", name="Delete the model").click()
    expect(dialog(page).get_by_role("alert").first).to_be_focused()
    expect(typed).to_have_attribute("aria-invalid", "true")
    assert "gemma3:4b" in models.now.installed
    typed.fill("gemma3:4b")
    dialog(page).get_by_role("button", name="Delete the model").click()
    expect(page.get_by_text("gemma3:4b was deleted.")).to_be_visible()
    expect(installed(page, "gemma3:4b")).to_be_hidden()
    assert "gemma3:4b" not in models.now.installed


def test_what_somebody_is_doing_survives_what_happens(enter: Enter, models: ModelServer) -> None:
    models.now.offer(pullable("meanwhile", 40 * MB, hold_at=10 * MB))
    page = enter().page
    mine = download(page, "meanwhile")
    expect(mine).to_contain_text("10.0 MB of 40.0 MB", timeout=PATIENCE)
    page.get_by_label("Name of the model").fill("half a na")
    page.get_by_role("link", name="Load keep:1b").click()
    chosen = dialog(page).get_by_role("radio", name="for an hour")
    chosen.check()
    let_go(models, "meanwhile:latest")
    expect(mine.get_by_text("Downloaded")).to_be_attached(timeout=PATIENCE)
    expect(page.locator("#announcer")).to_have_text("meanwhile:latest: Downloaded")
    expect(chosen).to_be_checked()
    expect(chosen).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Load keep:1b")).to_be_focused()
    expect(page.get_by_label("Name of the model")).to_have_value("half a na")
    put_away(page, "meanwhile")


def test_by_keyboard_alone(enter: Enter, models: ModelServer) -> None:
    models.now.offer(pullable("typed", 40 * MB, hold_at=10 * MB))
    visitor = enter()
    page, press = visitor.page, visitor.page.keyboard.press
    visitor.tab_to(page.get_by_label("Name of the model"))
    page.keyboard.type("typed")
    press("Enter")
    mine = row(page, "typed")
    expect(mine).to_contain_text("10.0 MB of 40.0 MB", timeout=PATIENCE)
    visitor.tab_to(mine.get_by_role("button", name="Cancel"))
    press("Enter")
    expect(mine).to_contain_text("Cancelled", timeout=PATIENCE)
    expect(mine).to_be_focused()
    press("Tab")
    expect(mine.get_by_role("button", name="Resume")).to_be_focused()
    press("Tab")
    press("Enter")
    expect(mine).to_be_hidden()
    visitor.tab_to(page.get_by_role("link", name="Load keep:1b"))
    press("Enter")
    expect(dialog(page).get_by_role("radio").first).to_be_focused()
    press("ArrowDown")
    press("Enter")
    expect(page.get_by_text("keep:1b is loaded.")).to_be_visible()
    visitor.tab_to(page.get_by_role("button", name="Unload keep:1b"))
    press("Enter")
    expect(page.get_by_text("keep:1b is unloaded.")).to_be_visible()


def test_without_javascript(enter: Enter, models: ModelServer) -> None:
    models.now.offer(pullable("simple", 40 * MB, hold_at=10 * MB))
    page = enter(java_script_enabled=False).page
    mine = download(page, "simple")
    reload_until(page, mine.get_by_text("10.0 MB of 40.0 MB"))
    let_go(models, "simple:latest")
    reload_until(page, mine.get_by_text("Downloaded"))
    mine.get_by_role("button", name="Dismiss").click()
    expect(mine).to_be_hidden()

    page.get_by_role("link", name="Load plain:1b").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Load plain:1b")
    page.get_by_role("radio", name="until it is unloaded").check()
    page.get_by_role("button", name="Load").click()
    expect(page.get_by_role("region", name="Loaded now")).to_contain_text("only when told to")
    page.get_by_role("button", name="Unload plain:1b").click()
    expect(page.get_by_role("region", name="Loaded now")).to_be_hidden()

    page.get_by_role("link", name="Delete plain:1b").click()
    page.get_by_label("Name of the model").fill("plain:1b")
    page.get_by_role("button", name="Delete the model").click()
    expect(page.get_by_text("plain:1b was deleted.")).to_be_visible()
    assert "plain:1b" not in models.now.installed


def try_out(page: Page, name: str) -> Locator:
    """On the model's own page; the card to ask in."""
    installed(page, name).get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page.get_by_role("region", name="Try it")


def test_a_model_is_tried_out(enter: Enter, models: ModelServer) -> None:
    page = enter(reduced_motion="reduce").page
    card = try_out(page, "other:1b")
    question, state = card.get_by_label("Question"), card.get_by_role("status")
    answer, thoughts = card.get_by_role("group", name="Answer"), card.locator("details")
    ask, stop = (card.get_by_role("button", name=name) for name in ("Ask", "Stop"))
    expect(stop).to_be_hidden()
    expect(thoughts).to_be_hidden()
    ask.click()
    expect(state).to_have_text("Type a question first.")
    expect(question).to_be_focused()

    models.now.then(thinks("Let me see.", "Seven of <b>them</b>."))
    question.fill("How many?")
    page.keyboard.press("Control+Enter")
    expect(answer).to_have_text("Seven of <b>them</b>.")
    expect(state).to_contain_text("tokens")
    expect(question).to_be_focused()
    thoughts.get_by_text("What it thought first").click()
    expect(thoughts).to_contain_text("Let me see.")
    check_everybody_can_use(page)

    models.now.then(error_line("the runner has stopped", after=1))
    ask.click()
    expect(state).to_contain_text("Try again")
    expect(state).to_have_attribute("data-state", "bad")
    check_everybody_can_use(page)


def test_what_a_model_writes_is_seen_as_it_comes_and_stopped(
    enter: Enter, models: ModelServer
) -> None:
    models.now.then(pieces("One, ", "two, ", "three.", hold_after=2))
    visitor = enter(reduced_motion="reduce")
    page, card = visitor.page, try_out(visitor.page, "other:1b")
    card.get_by_label("Question").fill("Count.")
    visitor.tab_to(card.get_by_role("button", name="Ask"))
    page.keyboard.press("Enter")
    answer, state = card.get_by_role("group", name="Answer"), card.get_by_role("status")
    expect(answer).to_have_text("One, two,")
    expect(state).to_have_text("It is writing…")
    expect(card.get_by_role("button", name="Ask")).to_be_disabled()
    expect(card.get_by_role("button", name="Stop")).to_be_focused()
    check_everybody_can_use(page)
    left = models.now.closed_early
    page.keyboard.press("Enter")
    expect(state).to_have_text("Stopped.")
    expect(card.get_by_role("button", name="Ask")).to_be_focused()
    expect(card.get_by_role("button", name="Stop")).to_be_hidden()
    expect(answer).to_have_text("One, two,")
    models.now.wait_until(lambda: models.now.closed_early > left)


def test_a_model_is_tried_out_without_javascript(enter: Enter, models: ModelServer) -> None:
    visitor = enter(java_script_enabled=False)
    visitor.expected = {422}
    page, card = visitor.page, try_out(visitor.page, "other:1b")
    card.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Try other:1b")
    expect(card.get_by_role("alert")).to_contain_text("Type a question first.")

    models.now.then(thinks("Let me see.", "Seven."))
    card.get_by_label("Question").fill("How many?")
    card.get_by_role("button", name="Ask").click()
    expect(card.get_by_role("group", name="Answer")).to_have_text("Seven.")
    expect(card.get_by_role("status")).to_contain_text("tokens")
    card.get_by_text("What it thought first").click()
    expect(card.locator("details")).to_contain_text("Let me see.")
    expect(card.get_by_label("Question")).to_have_value("How many?")


def reload_until(page: Page, wanted: Locator) -> None:
    for _try in range(200):
        if wanted.is_visible():
            return
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError(f"{wanted} does not come")


def test_a_viewer_reads_only(enter: Enter, models: ModelServer) -> None:
    models.now.offer(pullable("watched", 40 * MB, hold_at=10 * MB))
    admin = enter().page
    download(admin, "watched")
    page = enter("viewer").page
    main = page.get_by_role("main")
    expect(row(page, "watched")).to_contain_text("10.0 MB of 40.0 MB", timeout=PATIENCE)
    expect(installed(page, "keep:1b")).to_be_visible()
    expect(main.locator("form")).to_have_count(0)
    expect(main.get_by_role("button")).to_have_count(0)
    expect(main.get_by_role("link", name=re.compile("^(Load|Delete|Settings)"))).to_have_count(0)
    check_everybody_can_use(page)
    page.get_by_role("link", name="keep:1b").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("keep:1b")
    expect(main.locator("form")).to_have_count(0)
    page.goto("/models/health/")
    expect(main.get_by_text("Answers", exact=True)).to_be_visible()
    expect(main.get_by_role("heading", name="Usage", exact=True)).to_have_count(0)
    let_go(models, "watched:latest")
    expect(row(admin, "watched")).to_contain_text("Downloaded", timeout=PATIENCE)
    put_away(admin, "watched")


def test_everybody_can_use_it_when_it_is_full(enter: Enter, models: ModelServer) -> None:
    models.now.offer(
        pullable("held", 40 * MB, hold_at=10 * MB), disk_full("large", 90 * MB, at=40 * MB)
    )
    page = enter(reduced_motion="reduce").page
    page.get_by_role("link", name=f"Load {LONG}").click()
    check_everybody_can_use(page)
    dialog(page).get_by_role("button", name="Load").click()
    expect(page.get_by_role("region", name="Loaded now")).to_contain_text(LONG)
    expect(download(page, "large")).to_contain_text("is full", timeout=PATIENCE)
    expect(download(page, "held")).to_contain_text("10.0 MB of 40.0 MB", timeout=PATIENCE)
    check_everybody_can_use(page)
    page.get_by_role("link", name=f"Delete {LONG}").click()
    expect(dialog(page).get_by_text("loaded now")).to_be_visible()
    check_everybody_can_use(page)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 360, "height": 800})
    assert has_no_sideways_scrolling(page)
    page.goto("/models/health/")
    check_everybody_can_use(page)
    page.goto("/models/")
    page.get_by_role("region", name="Installed").get_by_role("link", name=LONG, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG)
    check_everybody_can_use(page)
    assert has_no_sideways_scrolling(page)
    let_go(models, "held:latest")


def test_a_server_that_goes_away_and_comes_back(enter: Enter, models: ModelServer) -> None:
    """The last one: what it had is gone afterwards."""
    visitor = enter(reduced_motion="reduce")
    page, main = visitor.page, visitor.page.get_by_role("main")
    expect(main.get_by_text("Answers", exact=True)).to_be_visible(timeout=PATIENCE)
    elsewhere = visitor.new_page()
    elsewhere.goto("/dashboards/")
    bar = elsewhere.get_by_role("region", name="Notices")
    expect(bar).to_be_hidden()

    models.stop()
    expect(main.get_by_text("Does not answer", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#announcer")).to_have_text("Ollama: Does not answer")
    expect(installed(page, "keep:1b")).to_contain_text("Unknown")
    expect(page.get_by_label("Name of the model")).to_be_hidden()
    check_everybody_can_use(page)
    elsewhere.reload()
    expect(bar).to_contain_text("Ollama does not answer.")
    bar.get_by_role("link", name="See details").click()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Health and usage")
    check_everybody_can_use(elsewhere)

    models.start_empty()
    expect(main.get_by_text("Answers", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(main.get_by_role("heading", name="No model is installed yet")).to_be_visible()
    expect(page.get_by_label("Name of the model")).to_be_visible()
    check_everybody_can_use(page)
    elsewhere.goto("/dashboards/")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Dashboards")
    expect(bar).to_be_hidden()
