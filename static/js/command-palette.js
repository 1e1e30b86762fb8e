// Ctrl/Cmd+K. The server finds and draws the entries; here are the keys: a combobox over a listbox.
import { announce } from "./announce.js";

class CommandPalette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.form = this.querySelector("form");
    this.input = this.querySelector("input");
    this.results = this.querySelector("[role=listbox]");
    document.addEventListener("keydown", this.#shortcut);
    document.addEventListener("click", this.#opener);
    this.input.addEventListener("keydown", this.#keys);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#go(); });
    this.results.addEventListener("htmx:afterSwap", () => this.#select(0, true));
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#shortcut);
    document.removeEventListener("click", this.#opener);
  }

  open() {
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.input.focus();
    this.input.select();
    htmx.trigger(this.form, "palette-opened");
  }

  get #entries() {
    return [...this.results.querySelectorAll("[role=option]")];
  }

  get #selected() {
    return this.#entries.findIndex((entry) => entry.getAttribute("aria-selected") === "true");
  }

  #select(index, fresh = false) {
    const entries = this.#entries;
    entries.forEach((entry, at) => entry.setAttribute("aria-selected", String(at === index)));
    const chosen = entries[index];
    if (chosen) {
      this.input.setAttribute("aria-activedescendant", chosen.id);
      if (!fresh) chosen.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
    if (fresh) announce(this.results.querySelector(".palette__none")?.textContent.trim() || `${entries.length}`);
  }

  #go() {
    this.#entries[Math.max(this.#selected, 0)]?.click();
  }

  #keys = (event) => {
    const count = this.#entries.length;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && count) {
      event.preventDefault();
      this.#select((this.#selected + moves[event.key] + count) % count);
    }
  };

  #shortcut = (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (this.dialog.open) this.dialog.close();
      else this.open();
    }
  };

  #opener = (event) => {
    if (!event.target.closest("a[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open();
  };
}

customElements.define("command-palette", CommandPalette);
