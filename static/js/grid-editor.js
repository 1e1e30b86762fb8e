// <grid-editor>: drag and resize the widgets of a dashboard. The number fields beside it stay the truth: they
// are what is posted, they work with the keyboard and without this file, and dragging just writes into them.
const PLACES = ["x", "y", "w", "h"];

class GridEditor extends HTMLElement {
  connectedCallback() {
    this.host = this.querySelector("[data-grid]");
    if (window.GridStack) this.#start();
    else window.addEventListener("load", () => window.GridStack && this.#start(), { once: true });
  }

  #start() {
    this.host.classList.add("grid-stack");
    this.grid = window.GridStack.init({ column: 12, cellHeight: 48, margin: 4, float: true }, this.host);
    for (const form of this.querySelectorAll("[data-widget]")) this.#add(form);
    this.grid.on("change", (_event, items) => items.forEach((item) => this.#write(item)));
    this.addEventListener("change", (event) => this.#moved(event));
  }

  #add(form) {
    const tile = document.createElement("div");
    tile.className = "grid-stack-item-content grid-editor__tile";
    const name = document.createElement("strong");
    const kind = document.createElement("span");
    tile.append(name, kind);
    const item = document.createElement("div");
    item.append(tile);
    item.dataset.for = form.dataset.widget;
    this.host.append(item);
    this.grid.makeWidget(item, this.#place(form));
    this.#label(form, item);
  }

  #place(form) {
    return Object.fromEntries(PLACES.map((key) => [key, Number(this.#field(form, key).value)]));
  }

  #field(form, key) {
    return form.querySelector(`[name$="-${key}"]`);
  }

  #label(form, item) {
    const report = this.#field(form, "report");
    const title = this.#field(form, "title").value || report.selectedOptions[0]?.textContent || "";
    const [name, kind] = item.firstElementChild.children;
    name.textContent = title === "—" ? "" : title;
    kind.textContent = this.#field(form, "kind").selectedOptions[0]?.textContent ?? "";
  }

  #write(item) {
    const form = this.querySelector(`[data-widget="${item.el.dataset.for}"]`);
    for (const key of PLACES) {
      const field = this.#field(form, key);
      if (field.value === String(item[key])) continue;
      field.value = String(item[key]);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  #moved(event) {
    const form = event.target.closest("[data-widget]");
    const item = form && this.host.querySelector(`[data-for="${form.dataset.widget}"]`);
    if (!item) return;
    item.hidden = Boolean(this.#field(form, "DELETE")?.checked);
    this.grid.update(item, this.#place(form));
    this.#label(form, item);
  }
}

customElements.define("grid-editor", GridEditor);
