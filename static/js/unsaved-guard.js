// <unsaved-guard> around a form: asks before leaving with changes that were not saved.
class UnsavedGuard extends HTMLElement {
  connectedCallback() {
    this.changed = this.hasAttribute("data-changed");
    this.addEventListener("input", this.#touched);
    this.addEventListener("changed", this.#touched);
    this.addEventListener("submit", this.#saved);
    this.addEventListener("saved", this.#saved);
    window.addEventListener("beforeunload", this.#leaving);
  }

  disconnectedCallback() {
    window.removeEventListener("beforeunload", this.#leaving);
  }

  #touched = () => { this.changed = true; };

  #saved = (event) => {
    if (event.target.method === "get") return;
    this.changed = false;
  };

  #leaving = (event) => {
    if (this.changed) event.preventDefault();
  };
}

customElements.define("unsaved-guard", UnsavedGuard);
