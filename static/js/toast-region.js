// <toast-region>: messages leave by their button or, unless they are errors or hold an action, after a while.
// document event "toast" {state, text} adds one from the page; its drawing is the <template> of the region.
const STAY = 7000;

class ToastRegion extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#dismiss);
    document.addEventListener("toast", this.#add);
    this.observer = new MutationObserver((records) => {
      for (const record of records) for (const node of record.addedNodes) this.#keepTime(node);
    });
    this.observer.observe(this, { childList: true });
    for (const toast of this.children) this.#keepTime(toast);
  }

  disconnectedCallback() {
    this.observer.disconnect();
    document.removeEventListener("toast", this.#add);
  }

  #dismiss = (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest(".toast-note").remove();
  };

  #add = (event) => {
    const template = this.querySelector(`template[data-state="${event.detail.state}"]`) ?? this.querySelector("template");
    if (!template) return;
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.querySelector(".toast-note__text").textContent = event.detail.text;
    this.append(toast);
  };

  #keepTime(toast) {
    if (!(toast instanceof HTMLElement) || !toast.matches(".toast-note")) return;
    if (toast.dataset.state === "bad" || toast.querySelector("a, form")) return;
    let timer = setTimeout(() => toast.remove(), STAY);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, () => clearTimeout(timer));
    for (const name of ["pointerleave", "focusout"]) {
      toast.addEventListener(name, () => { clearTimeout(timer); timer = setTimeout(() => toast.remove(), STAY); });
    }
  }
}

customElements.define("toast-region", ToastRegion);
