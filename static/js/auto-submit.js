// <auto-submit> around a GET form: its filters apply as they are changed. Its button stays for the rest.
class AutoSubmit extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this.#typed);
    this.addEventListener("change", this.#changed);
    for (const button of this.querySelectorAll("[data-without-script]")) button.hidden = true;
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  #typed = (event) => {
    if (!event.target.matches("input[type=search], input[type=text]")) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#submit(event.target.form), 250);
  };

  #changed = (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) {
      this.#submit(event.target.form);
    }
  };

  #submit(form) {
    if (form?.isConnected) form.requestSubmit();
  }
}

customElements.define("auto-submit", AutoSubmit);
