// What scrolls sideways can be reached and scrolled by keyboard.
const REGIONS = "pre, .table-scroll, .chart-card__body";
const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex]";

function mark(root) {
  for (const region of root.querySelectorAll(REGIONS)) {
    const scrolls = region.scrollWidth > region.clientWidth + 1 || region.scrollHeight > region.clientHeight + 1;
    if (scrolls && !region.hasAttribute("tabindex") && !region.querySelector(FOCUSABLE)) region.tabIndex = 0;
  }
}

mark(document);
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.parentElement) mark(event.detail.elt.parentElement);
});
