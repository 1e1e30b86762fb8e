// <count-down data-until="2026-11-21T10:00:00Z" data-over="any moment">: the time left, counted down. Without
// JavaScript its text stays, and a redrawn text is replaced before anybody sees it.
class CountDown extends HTMLElement {
  static observedAttributes = ["data-until"];

  connectedCallback() {
    this.timer = setInterval(() => this.#draw(), 1000);
    this.observer = new MutationObserver(() => this.#draw());
    this.observer.observe(this, { childList: true });
    this.#draw();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.observer?.disconnect();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#draw();
  }

  #draw() {
    const until = Date.parse(this.dataset.until);
    if (Number.isNaN(until)) return;
    const left = Math.max(0, Math.round((until - Date.now()) / 1000));
    const text = left ? this.#clock(left) : this.dataset.over || "0:00";
    if (this.textContent !== text) this.textContent = text;
  }

  #clock(left) {
    const hours = Math.floor(left / 3600);
    const minutes = String(Math.floor(left / 60) % 60).padStart(hours ? 2 : 1, "0");
    return `${hours ? `${hours}:` : ""}${minutes}:${String(left % 60).padStart(2, "0")}`;
  }
}

customElements.define("count-down", CountDown);
