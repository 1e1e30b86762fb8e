// After htmx changed a region: say what is there now, and keep the focus somewhere sensible.
import { announce } from "./announce.js";

let lost = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const at = document.activeElement;
  lost = at?.id && event.detail.target?.contains?.(at) ? at.id : null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const region = event.detail.target;
  if (!(region instanceof Element)) return;
  const live = region.isConnected ? region : document.getElementById(region.id);
  const wanted = live?.querySelector("[data-focus]");
  if (wanted) wanted.focus();
  else if (lost && document.activeElement === document.body) document.getElementById(lost)?.focus();
  // A fragment may carry its own words: <span data-announce>12 reports</span>
  const said = live?.matches("[data-announce]") ? live : live?.querySelector("[data-announce]");
  if (said) announce(said.dataset.announce || said.textContent.trim());
});

// The page itself may come back with an error summary.
document.querySelector("main [data-focus]")?.focus();

const MESSAGES = {
  0: "The server cannot be reached. Check the connection and try again.",
  403: "You may not do this.",
  404: "This is no longer there.",
  413: "This is larger than what is accepted.",
  429: "Too many requests. Wait a moment and try again.",
};

function failed(event) {
  const { xhr } = event.detail;
  let message = MESSAGES[xhr?.status ?? 0] || "Something went wrong. Try again.";
  if (xhr?.getResponseHeader("Content-Type")?.includes("json")) {
    const problem = JSON.parse(xhr.responseText);
    message = [problem.message, problem.detail].filter(Boolean).join(" ") || message;
  } else if (xhr?.responseText) {
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const heading = page.querySelector("#main h1");
    if (heading) message = heading.textContent.trim();
  }
  document.dispatchEvent(new CustomEvent("toast", { detail: { state: "bad", text: message } }));
}

document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
