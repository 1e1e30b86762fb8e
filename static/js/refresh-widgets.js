// A link with data-refresh-widgets asks every widget of the dashboard for fresh data instead of loading the page.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-refresh-widgets]");
  if (!link || event.metaKey || event.ctrlKey || !window.htmx) return;
  event.preventDefault();
  for (const body of document.querySelectorAll("[data-widget-url]")) {
    window.htmx.ajax("GET", `${body.dataset.widgetUrl}?refresh=1`, { target: body, swap: "innerHTML" });
  }
});
