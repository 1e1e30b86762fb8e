"""Somebody with a browser: what the browser complains about is kept, so that a test can fail."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, expect

PASSWORD = "demo-password"
# Answers of 400 and above are collected with their addresses; a request that a newer one replaced
# (hx-sync) is no mistake, yet htmx logs it as one. A failed one also logs htmx:sendError.
EXPECTED_NOISE = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort")
# Refused styles, scripts and requests are told to the page; this tells the console.
TELL_POLICY = """document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});"""


class Visitor:
    """``expected`` are the answers of 400 and above that the test is about."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.complaints: list[str] = []
        self.expected: set[int] = set()
        context.add_init_script(TELL_POLICY)
        context.set_default_timeout(15_000)
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("response", self._response)
        return page

    def log_in(self, role: str) -> None:
        self.page.goto("/login/")
        self.page.get_by_label("E-mail").fill(f"{role}@demo.example")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Home")

    def tab_to(self, wanted: Locator) -> None:
        """Press Tab until it has the focus, as somebody without a mouse."""
        expect(wanted).to_be_enabled()
        for _step in range(80):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"Tab does not lead to {wanted}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or message.text.startswith(EXPECTED_NOISE):
            return
        self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")


def has_no_sideways_scrolling(page: Page) -> bool:
    overflow: Any = page.evaluate(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return bool(overflow)
