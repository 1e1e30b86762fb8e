// <option-keys> around numbered option cards: 1–9 presses the one with that number, while nobody is typing.
// Ctrl/Cmd+Enter anywhere submits the form marked data-run.
import { hasModifier, isTyping } from "./typing.js";

class OptionKeys extends HTMLElement {
  connectedCallback() {
    document.addEventListener("keydown", this.#pressed);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#pressed);
  }

  #pressed = (event) => {
    if (isTyping(event) || hasModifier(event) || !/^[1-9]$/.test(event.key)) return;
    if (document.querySelector("dialog[open]") && !this.closest("dialog[open]")) return;
    const card = this.querySelector(`[data-number="${event.key}"]`);
    if (!card || card.disabled || card.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    card.focus();
    card.click();
  };
}

customElements.define("option-keys", OptionKeys);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form") ?? document.querySelector("form[data-run]");
  if (!form || (form.method === "get" && !form.hasAttribute("data-run"))) return;
  event.preventDefault();
  form.requestSubmit();
});
