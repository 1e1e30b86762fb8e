// <file-drop> around a real upload form: drop a file on it, watch it go, stop it. The form alone works too.
// The server answers an upload like any form: a redirect (HX-Redirect or followed), 422 with the form, a problem, or
// (with data-target="#place") the fragment that shall stand there next.
import { announce } from "./announce.js";

class FileDrop extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.input = this.querySelector("input[type=file]");
    this.state = this.querySelector("[data-upload-state]");
    this.bar = this.querySelector("progress");
    this.text = this.querySelector("[data-upload-text]");
    this.error = this.querySelector("[data-upload-error]");
    if (!this.form || !this.input) return;
    for (const name of ["dragenter", "dragover"]) this.addEventListener(name, this.#over);
    for (const name of ["dragleave", "drop"]) this.addEventListener(name, this.#out);
    this.addEventListener("drop", this.#drop);
    this.input.addEventListener("change", () => { if (this.input.files.length) this.#upload(); });
    this.form.addEventListener("submit", (event) => {
      if (!this.input.files.length) return;
      event.preventDefault();
      this.#upload();
    });
    this.querySelector("[data-upload-cancel]")?.addEventListener("click", () => this.request?.abort());
  }

  disconnectedCallback() {
    this.request?.abort();
  }

  #over = (event) => {
    event.preventDefault();
    this.dataset.over = "";
  };

  #out = (event) => {
    if (event.type === "dragleave" && this.contains(event.relatedTarget)) return;
    delete this.dataset.over;
  };

  #drop = (event) => {
    event.preventDefault();
    if (this.request || !event.dataTransfer?.files.length) return;
    const files = new DataTransfer();
    const wanted = this.input.multiple ? [...event.dataTransfer.files] : [event.dataTransfer.files[0]];
    for (const file of wanted) files.items.add(file);
    this.input.files = files.files;
    this.#upload();
  };

  #upload() {
    const file = this.input.files[0];
    const limit = Number(this.dataset.maxBytes || 0);
    if (limit && file.size > limit) {
      this.#fail(this.dataset.tooLarge || "This file is larger than what is accepted.");
      return;
    }
    this.#busy(true, file.name);
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", this.form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Current-URL", location.href);
    request.upload.addEventListener("progress", (event) => this.#progress(event, file));
    request.addEventListener("load", () => this.#answered(request));
    request.addEventListener("error", () => this.#fail(this.dataset.offline || "The connection was lost. Nothing was saved; try again."));
    request.addEventListener("abort", () => this.#fail(this.dataset.cancelled || "Cancelled. Nothing was saved."));
    request.send(new FormData(this.form));
  }

  #progress(event, file) {
    if (!event.lengthComputable) return;
    if (this.bar) { this.bar.max = event.total; this.bar.value = event.loaded; }
    const percent = Math.floor((event.loaded / event.total) * 100);
    if (this.text) this.text.textContent = percent < 100 ? `${file.name}: ${percent} %` : file.name;
    if (percent === 100) this.bar?.removeAttribute("value");
  }

  #answered(request) {
    this.request = undefined;
    if (this.#swapped(request)) return;
    const next = request.getResponseHeader("HX-Redirect") || request.getResponseHeader("HX-Location");
    if (request.status < 300 && next) location.assign(next);
    else if (request.status < 300 && new URL(request.responseURL).pathname !== new URL(this.form.action).pathname) location.assign(request.responseURL);
    else this.#fail(this.#reason(request));
  }

  // With data-target the answer is a fragment that takes its place, refused (422) or not.
  #swapped(request) {
    const target = this.dataset.target && document.querySelector(this.dataset.target);
    const fragment = [200, 422].includes(request.status) && !request.getResponseHeader("HX-Redirect");
    if (!target || !fragment || !window.htmx) return false;
    window.htmx.swap(target, request.responseText, { swapStyle: "outerHTML" });
    return true;
  }

  // The words for people in a problem, or in the form that came back.
  #reason(request) {
    const text = request.responseText;
    if ((request.getResponseHeader("Content-Type") || "").includes("json")) {
      const problem = JSON.parse(text);
      return [problem.message, problem.detail].filter(Boolean).join(" ");
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    const said = page.querySelector(".field__error, .error-summary li, #main h1");
    return said?.textContent.trim() || this.dataset.failed || "The file could not be uploaded.";
  }

  #busy(on, name = "") {
    this.toggleAttribute("data-busy", on);
    this.input.disabled = false;
    if (this.state) this.state.hidden = !on;
    if (this.error && on) this.error.hidden = true;
    if (this.text) this.text.textContent = name;
    if (this.bar) { this.bar.removeAttribute("value"); }
    if (on) announce(name);
  }

  #fail(message) {
    this.request = undefined;
    this.#busy(false);
    this.input.value = "";
    if (this.error) { this.error.hidden = false; this.error.textContent = message; }
    announce(message);
  }
}

customElements.define("file-drop", FileDrop);
