/* <report-chart data-echarts="…/echarts.min.js" data-src="…/chart.json">: an ECharts option of
   catalog/charts, drawn in place.

   The option is fetched from data-src, or stands in data-option or in a <script
   type="application/json"> inside the element (which htmx takes out of fragments: data-option there);
   all hold either the option or {option, message}. Whatever else the element holds (the <noscript>
   picture, a table) stays. data-failed replaces the beginning of the failure message.

   Events, bubbling: chart-drawn; chart-failed {message}; chart-mark-selected {index, name, series,
   cell} when a mark is clicked, cell being the raw value of its category. */
import "./chart-drawing.js";

const { prepare, theme } = globalThis.rmCharts;
const THEME_ATTRIBUTES = ["data-rm-theme", "data-bs-theme"];
const INK = {
  text: ["--tblr-body-color", "#1f2937"],
  muted: ["--tblr-secondary", "#4b5563"],
  border: ["--tblr-border-color", "#dfe3e8"],
  card: ["--tblr-bg-surface", "#ffffff"],
};
const COLOURS = 8;
const LEAST_HEIGHT = 40;
const USUAL_HEIGHT = "20rem";

const libraries = new Map();

/* ECharts comes once a page, and only if there is a chart. */
function library(url) {
  if (globalThis.echarts) return Promise.resolve(globalThis.echarts);
  if (!libraries.has(url)) {
    libraries.set(url, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url;
      script.addEventListener("load", () => resolve(globalThis.echarts));
      script.addEventListener("error", () => {
        libraries.delete(url);
        script.remove();
        reject(new Error("the chart library did not load"));
      });
      document.head.append(script);
    }));
  }
  return libraries.get(url);
}

/* Any CSS colour (light-dark(), oklch()) as #rrggbb, by painting it. */
function painted(colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

class ReportChart extends HTMLElement {
  static observedAttributes = ["data-src"];

  #option = null;
  #chart = null;
  #canvas = null;
  #message = null;
  #loading = null;
  #resizes = new ResizeObserver(() => this.#resize());
  #themes = new MutationObserver(() => this.#redraw());
  #scheme = matchMedia("(prefers-color-scheme: dark)");
  #onScheme = () => this.#redraw();

  connectedCallback() {
    this.#themes.observe(document.documentElement, { attributeFilter: THEME_ATTRIBUTES });
    this.#scheme.addEventListener("change", this.#onScheme);
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", () => this.isConnected && this.load(), { once: true });
    } else {
      this.load();
    }
  }

  disconnectedCallback() {
    this.#loading?.abort();
    this.#themes.disconnect();
    this.#scheme.removeEventListener("change", this.#onScheme);
    this.#clear();
  }

  attributeChangedCallback(name, before, after) {
    if (before !== null && before !== after && this.isConnected) this.load();
  }

  /* Fetch or read the option and draw it. */
  async load() {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.setAttribute("aria-busy", "true");
    try {
      const data = await this.#data(loading.signal);
      await library(this.dataset.echarts);
      if (!loading.signal.aborted) this.draw(data);
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    } finally {
      if (this.#loading === loading) this.removeAttribute("aria-busy");
    }
  }

  /* Draw an option, or {option, message}; the option null shows the message. */
  draw(data) {
    const isDrawing = data !== null && typeof data === "object" && "option" in data;
    this.#option = isDrawing ? data.option : data;
    if (this.#option) {
      this.#redraw(true);
    } else {
      this.#clear();
      this.#say((isDrawing && data.message) || "There is nothing to draw.");
    }
  }

  async #data(signal) {
    const source = this.dataset.src;
    if (!source) {
      const inline = this.dataset.option
        ?? this.querySelector(':scope > script[type="application/json"]')?.textContent;
      if (!inline) throw new Error("there is no data");
      return JSON.parse(inline);
    }
    const response = await fetch(source, { signal, headers: { Accept: "application/json" } });
    if (response.ok) return response.json();
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail || problem.title || `the server answered ${response.status}`);
  }

  #redraw(animated = false) {
    if (!this.#option || !globalThis.echarts || !this.isConnected) return;
    try {
      this.#clear();
      this.#canvas = this.#place();
      const ink = this.#ink();
      this.#chart = globalThis.echarts.init(this.#canvas, theme(ink), { renderer: "svg" });
      this.#chart.setOption(this.#ready(animated));
      this.#chart.on("click", (mark) => this.#select(mark));
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#tell("chart-drawn", {});
  }

  #ready(animated) {
    const still = !animated || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const option = structuredClone(this.#option);
    const colours = this.#colours();
    if (colours) option.color = colours;
    if (still) option.animation = false;
    return prepare(option);
  }

  #place() {
    const canvas = document.createElement("div");
    canvas.className = "chart report-chart__canvas";
    this.append(canvas);
    if (canvas.clientHeight < LEAST_HEIGHT) canvas.style.blockSize = USUAL_HEIGHT;
    this.#resizes.observe(canvas);
    return canvas;
  }

  #clear() {
    this.#resizes.disconnect();
    this.#chart?.dispose();
    this.#canvas?.remove();
    this.#message?.remove();
    this.#chart = this.#canvas = this.#message = null;
  }

  #resize() {
    if (!this.#chart) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const same = width === this.#chart.getWidth() && height === this.#chart.getHeight();
    if (width > 0 && height > 0 && !same) this.#chart.resize();
  }

  /* The page's colours, resolved by the browser on a probe. */
  #ink() {
    return this.#probe((resolved, style) => {
      const ink = { font: style.fontFamily };
      for (const [name, [property, otherwise]] of Object.entries(INK)) {
        ink[name] = resolved(property, otherwise);
      }
      return ink;
    });
  }

  /* The theme's palette, unless the organisation's own colours came with the option. */
  #colours() {
    if (this.#option.rm?.own) return null;
    const style = getComputedStyle(this);
    const names = Array.from({ length: COLOURS }, (_, at) => `--rm-chart-${at + 1}`);
    if (!names.every((name) => style.getPropertyValue(name).trim())) return null;
    return this.#probe((resolved) => names.map((name) => resolved(name, "#000000")));
  }

  #probe(read) {
    const probe = document.createElement("span");
    probe.hidden = true;
    this.append(probe);
    const style = getComputedStyle(probe);
    try {
      return read((property, otherwise) => {
        probe.style.color = `var(${property}, ${otherwise})`;
        return painted(style.color);
      }, style);
    } finally {
      probe.remove();
    }
  }

  #select(mark) {
    const cell = this.#option.rm?.cells?.[mark.dataIndex] ?? null;
    this.#tell("chart-mark-selected", {
      index: mark.dataIndex,
      name: mark.name,
      series: mark.seriesName,
      cell,
    });
  }

  #fail(error) {
    this.#clear();
    const beginning = this.dataset.failed || "The chart could not be drawn";
    const message = `${beginning}: ${error.message}`;
    this.#say(message);
    this.#tell("chart-failed", { message });
  }

  #say(text) {
    this.#message = document.createElement("p");
    this.#message.className = "report-chart__message";
    this.#message.setAttribute("role", "status");
    this.#message.append(document.createTextNode(text));
    this.append(this.#message);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("report-chart", ReportChart);
