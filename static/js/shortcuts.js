// ? lists the shortcuts, N opens the New menu, / goes to the search field, G then a letter goes to a place.
import { hasModifier, isTyping } from "./typing.js";

const PLACES = { h: "home", d: "dashboards", r: "reports", s: "sources", e: "schedules", c: "chat", w: "wizard" };
let leader = null;
let timer = 0;

function lead(key) {
  clearTimeout(timer);
  leader = key;
  timer = setTimeout(() => { leader = null; }, 1500);
}

function help() {
  document.querySelector("details[data-menu][open]")?.removeAttribute("open");
  const dialog = document.getElementById("shortcuts");
  if (dialog && !dialog.open) dialog.showModal();
}

function openNew() {
  const menu = document.querySelector("details[data-new-menu]");
  if (!menu) return;
  menu.open = true;
  menu.querySelector(".menu__item")?.focus();
}

function second(key) {
  const following = leader;
  leader = null;
  if (following === "g") document.querySelector(`.nav-panel a[data-key="${PLACES[key] ?? ""}"]`)?.click();
  else document.querySelector(`[data-new-menu] a[data-key="${CSS.escape(key)}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || hasModifier(event) || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (leader) {
    if (/^[a-z]$/.test(key)) { event.preventDefault(); second(key); }
    return;
  }
  if (event.key === "?") help();
  else if (key === "g") lead("g");
  else if (key === "n") { openNew(); lead("n"); }
  else if (key === "/") document.querySelector('[data-shortcut="/"]')?.focus();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts-help]")) help();
  const dialog = event.target.closest("#shortcuts");
  if (dialog && event.target === dialog) dialog.close();
});
