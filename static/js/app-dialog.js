// Real links with data-dialog open their page in the one dialog; a modifier key or no JavaScript opens the page.
const dialog = document.getElementById("app-dialog");
const body = document.getElementById("app-dialog-body");
const title = document.getElementById("app-dialog-title");
let opener = null;

function open(link) {
  opener = link;
  title.textContent = link.dataset.dialogTitle || link.textContent.trim();
  dialog.classList.toggle("dialog--wide", link.dataset.dialog === "wide");
  htmx.ajax("GET", link.href, { source: link, target: body, swap: "innerHTML" });
}

function close() {
  if (dialog.open) dialog.close();
}

// A view that knows no fragment answers with its page: take what lies in main.
function takeContent(event) {
  if (event.detail.target !== body) return;
  const page = new DOMParser().parseFromString(event.detail.serverResponse || "", "text/html");
  if (page.querySelector("#main")) event.detail.selectOverride = "#main > *";
}

// The page below may have a field of the same name: labels and descriptions must find the one in here.
function scopeIds() {
  for (const element of body.querySelectorAll("[id]")) {
    const id = element.id;
    if (document.querySelectorAll(`#${CSS.escape(id)}`).length < 2) continue;
    element.id = `dialog-${id}`;
    for (const name of ["for", "aria-describedby", "aria-labelledby", "aria-controls", "href", "hx-target"]) {
      const mark = name === "href" || name === "hx-target" ? "#" : "";
      for (const user of body.querySelectorAll(`[${name}]`)) {
        const words = user.getAttribute(name).split(" ");
        user.setAttribute(name, words.map((word) => (word === mark + id ? `${mark}dialog-${id}` : word)).join(" "));
      }
    }
  }
}

// Forms inside stay inside: they post by htmx and come back with their errors.
function adoptForms() {
  for (const form of body.querySelectorAll("form[method=post]:not([hx-post])")) {
    form.setAttribute("hx-post", form.getAttribute("action") || dialog.dataset.url || "");
    form.setAttribute("hx-target", "#app-dialog-body");
    form.setAttribute("hx-swap", "innerHTML");
    if (form.enctype === "multipart/form-data") form.setAttribute("hx-encoding", "multipart/form-data");
    htmx.process(form);
  }
}

function show() {
  const named = body.querySelector("[data-dialog-title]");
  const heading = body.querySelector("h1");
  if (named) title.textContent = named.dataset.dialogTitle;
  else if (heading) title.textContent = heading.textContent.trim();
  scopeIds();
  adoptForms();
  if (!dialog.open) dialog.showModal();
  const first = body.querySelector("[data-focus], [autofocus], input:not([type=hidden]), select, textarea, .btn");
  first?.focus();
}

if (dialog) {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-dialog]");
    if (link) {
      event.preventDefault();
      dialog.dataset.url = link.href;
      link.closest("details[data-menu]")?.removeAttribute("open");
      open(link);
    } else if (event.target.closest("[data-dialog-close]") && dialog.open) {
      event.preventDefault();
      close();
    }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    (opener?.isConnected ? opener : opener?.closest("details")?.querySelector("summary"))?.focus();
    opener = null;
  });
  document.addEventListener("htmx:beforeSwap", takeContent);
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target === body) show(); });
  document.addEventListener("dialog-close", close);
  // 204 to a form of the dialog: done, whatever it triggered is on its way.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr?.status === 204 && body.contains(event.detail.elt)) close();
  });
}
