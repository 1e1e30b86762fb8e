// <theme-switch> around the form with the theme (and density) choice: shows it at once, saves it in the background.
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.#changed);
  }

  #changed = (event) => {
    const field = event.target;
    if (field.name === "theme") this.#theme(field.value, this.#scheme(field));
    if (field.name === "density") document.documentElement.dataset.density = field.value;
    if (field.name === "theme" || field.name === "density") this.#save(field.form);
  };

  #scheme(field) {
    return (field.selectedOptions?.[0] ?? field).dataset.scheme ?? "";
  }

  #theme(name, scheme) {
    const root = document.documentElement;
    root.dataset.rmTheme = name;
    if (scheme) root.dataset.bsTheme = scheme;
    else delete root.dataset.bsTheme;
    // Charts draw with the tokens of the theme and listen to this.
    document.dispatchEvent(new CustomEvent("theme-changed", { detail: { theme: name, scheme } }));
  }

  async #save(form) {
    if (this.hasAttribute("data-preview-only")) return;
    const data = new FormData(form);
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true" }, redirect: "manual" });
    if (answer.status >= 400) {
      document.dispatchEvent(new CustomEvent("toast", { detail: { state: "bad", text: form.dataset.failed || "The choice could not be saved." } }));
    }
  }
}

customElements.define("theme-switch", ThemeSwitch);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (document.documentElement.dataset.rmTheme !== "system") return;
  document.dispatchEvent(new CustomEvent("theme-changed", { detail: { theme: "system", scheme: "" } }));
});
