// <copy-button data-from="#id" | data-text="…"> around a button; says "Copied" by its data-done words.
import { announce } from "./announce.js";

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    if (!navigator.clipboard) this.hidden = true;
    this.button?.addEventListener("click", this.#copy);
  }

  #copy = async () => {
    const source = this.dataset.from ? document.querySelector(this.dataset.from) : null;
    const text = source ? (source.value ?? source.textContent) : (this.dataset.text ?? "");
    await navigator.clipboard.writeText(text);
    const done = this.dataset.done || "Copied";
    announce(done);
    this.button.dataset.copied = "";
    const label = this.querySelector("[data-label]");
    if (!label || this.timer) return;
    const before = label.textContent;
    label.textContent = done;
    this.timer = setTimeout(() => {
      label.textContent = before;
      delete this.button.dataset.copied;
      this.timer = undefined;
    }, 1500);
  };
}

customElements.define("copy-button", CopyButton);
