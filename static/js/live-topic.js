// <live-topic data-topic="job:…" data-event="job-changed" data-poll="/jobs/…/">: one socket a page, one topic an
// element. An event of the topic becomes two DOM events of the element (bubbling), which hx-trigger listens to: the
// one named by data-event for all, and "live-<event>" for those who want some ("live-caught-up" after a gap).
// While the socket is down the element fires the same event by the clock, so that pages keep up without it.
const RETRY = [500, 1000, 2000, 5000, 10000, 30000];
const POLL = 5000;

class Socket {
  constructor() {
    this.elements = new Map();
    this.failures = 0;
    this.connection = null;
  }

  add(element, topic) {
    if (!this.elements.has(topic)) this.elements.set(topic, new Set());
    const first = this.elements.get(topic).size === 0;
    this.elements.get(topic).add(element);
    if (!this.connection) this.#connect();
    else if (first) this.#send({ type: "subscribe", topic });
    element.live = this.connection?.readyState === WebSocket.OPEN;
  }

  remove(element, topic) {
    const listening = this.elements.get(topic);
    listening?.delete(element);
    if (listening?.size === 0) {
      this.elements.delete(topic);
      this.#send({ type: "unsubscribe", topic });
    }
  }

  #connect() {
    if (document.documentElement.dataset.live === "off") return;
    const address = new URL("/ws/live/", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.connection = new WebSocket(address);
    this.connection.addEventListener("open", () => this.#opened());
    this.connection.addEventListener("message", (event) => this.#received(JSON.parse(event.data)));
    this.connection.addEventListener("close", (event) => this.#closed(event.code));
  }

  #opened() {
    this.failures = 0;
    for (const [topic, elements] of this.elements) {
      this.#send({ type: "subscribe", topic });
      for (const element of elements) element.connected();
    }
  }

  #received(message) {
    const elements = this.elements.get(message.topic) ?? [];
    // What happened between the drawing of the page, or the break of the line, and now is fetched once.
    if (message.type === "subscribed") for (const element of elements) element.happened({ event: null, data: null });
    if (message.type === "event") for (const element of elements) element.happened(message);
    if (message.type === "refused" || message.type === "error") for (const element of elements) element.refused();
  }

  #closed(code) {
    this.connection = null;
    for (const elements of this.elements.values()) for (const element of elements) element.disconnected();
    // 4401: logged out. Asking again would be refused again; the next poll leads to the login.
    if (!this.elements.size || code === 4401) return;
    const pause = RETRY[Math.min(this.failures, RETRY.length - 1)];
    this.failures += 1;
    setTimeout(() => { if (!this.connection && this.elements.size) this.#connect(); }, pause * (0.75 + Math.random() / 2));
  }

  #send(message) {
    if (this.connection?.readyState === WebSocket.OPEN) this.connection.send(JSON.stringify(message));
  }
}

const socket = new Socket();

class LiveTopic extends HTMLElement {
  connectedCallback() {
    this.topic = this.dataset.topic;
    this.disconnected();
    if (this.topic) socket.add(this, this.topic);
    if (this.live) this.#stopPolling();
  }

  disconnectedCallback() {
    this.#stopPolling();
    if (this.topic) socket.remove(this, this.topic);
  }

  connected() {
    this.live = true;
    this.#stopPolling();
  }

  disconnected() {
    this.live = false;
    if (this.timer || !this.hasAttribute("data-poll")) return;
    const every = Number(this.dataset.poll) || POLL;
    this.timer = setInterval(() => { if (!document.hidden) this.#fire(null, null); }, every);
  }

  refused() {
    this.disconnected();
  }

  happened(message) {
    this.#fire(message.event, message.data);
  }

  #fire(name, data) {
    for (const event of [this.dataset.event || "live", `live-${name ?? "caught-up"}`]) {
      this.dispatchEvent(new CustomEvent(event, { bubbles: true, detail: { event: name, data } }));
    }
  }

  #stopPolling() {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

customElements.define("live-topic", LiveTopic);
