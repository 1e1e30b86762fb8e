"""Whether everybody can use a page: axe in a light and a dark theme, and the page at 400 % zoom."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.visitor import has_no_sideways_scrolling

SOURCE = Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# ``preload`` would fetch style sheets into inline ones, which the policy forbids.
FAST = {"preload": False, "resultTypes": ["violations"], "iframes": False}
COLOURS = ["color-contrast", "link-in-text-block"]
# Nothing is on its way any more.
SETTLED = """() => document.readyState === "complete" && !document.querySelector(
  "main .skeleton, .htmx-request, .htmx-swapping, .htmx-settling, report-chart[aria-busy=true]")"""
RUN = """async (options) => (await axe.run(document, options)).violations.flatMap((rule) =>
  rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))"""
# Another theme, and time for the colours to get there.
WEAR = """async (theme) => {
  document.documentElement.dataset.rmTheme = theme === "light" ? "quartz" : "graphite";
  document.documentElement.dataset.bsTheme = theme;
  const moves = () => document.getAnimations().some((each) => each instanceof CSSTransition);
  for (let frame = 0; frame < 30 && (frame < 3 || moves()); frame += 1) {
    await new Promise((go) => { requestAnimationFrame(go); setTimeout(go, 50); });
  }
}"""


def check_everybody_can_use(page: Page) -> None:
    found = faults(page)
    assert not found, "\n".join([page.url, *found])


def faults(page: Page) -> list[str]:
    """What axe finds in Light Quartz and, of colours, in Dark Graphite, and a page too wide at
    320 px, which is a window of 1280 px at 400 % zoom."""
    page.wait_for_function(SETTLED)
    page.evaluate(WEAR, "light")
    page.evaluate(SOURCE.read_text("utf-8"))
    found = page.evaluate(RUN, {"runOnly": WCAG, **FAST})
    page.evaluate(WEAR, "dark")
    found += page.evaluate(RUN, {"runOnly": {"type": "rule", "values": COLOURS}, **FAST})
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": 320, "height": 800})
    if not has_no_sideways_scrolling(page):
        found.append(f"at 320 px the page is wider than the window: {too_wide(page)}")
    page.set_viewport_size(size)
    return list(found)


def too_wide(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
          .slice(0, 4).map((each) => each.outerHTML.slice(0, 120))"""
    )
    return found
