// <model-trial>: the form inside asks by fetch and shows the answer as it comes (server-sent events). Without
// JavaScript the form is sent as usual and comes back with the whole answer.
class ModelTrial extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.stop = this.querySelector("[data-stop]");
    this.state = this.querySelector("[data-told]");
    this.answer = this.querySelector("[data-answer]");
    this.thoughts = this.querySelector("[data-thoughts]");
    this.thinking = this.querySelector("[data-thinking]");
    this.submit = this.form.querySelector("[type=submit]");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { question } = this.form.elements;
      if (question.value.trim()) return this.#ask();
      this.#tell(this.state.dataset.empty, "bad");
      question.focus();
    });
    this.stop.addEventListener("click", () => this.running?.abort());
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.running?.abort();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
  }

  disconnectedCallback() {
    this.running?.abort();
  }

  async #ask() {
    if (this.running) return;
    this.running = new AbortController();
    this.#busy(true);
    this.answer.textContent = this.thinking.textContent = "";
    this.thoughts.hidden = true;
    this.#tell(this.state.dataset.asking);
    let ended = false;
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body: new FormData(this.form),
        headers: { Accept: "application/problem+json, text/event-stream" },
        signal: this.running.signal,
      });
      const kind = response.headers.get("Content-Type") ?? "";
      if (kind.startsWith("application/problem+json")) {
        const problem = await response.json();
        return this.#tell(`${problem.message} ${problem.detail}`, "bad");
      }
      if (!response.ok || !kind.startsWith("text/event-stream")) throw new Error("no stream");
      for await (const [name, data] of events(response.body)) ended = this.#told(name, data.text) || ended;
      if (!ended) throw new Error("cut");
    } catch (error) {
      if (error.name === "AbortError") this.#tell(this.state.dataset.stopped);
      else this.#tell(this.state.dataset.lost, "bad");
    } finally {
      this.running = null;
      this.#busy(false);
    }
  }

  #told(name, text) {
    if (name === "token") {
      this.answer.append(text);
      this.#tell(this.state.dataset.reading);
    } else if (name === "thinking") {
      this.thoughts.hidden = false;
      this.thinking.append(text);
      this.#tell(this.state.dataset.thinks);
    } else {
      this.#tell(text, name === "error" ? "bad" : "");
    }
    return name === "done" || name === "error";
  }

  // What is said already is not written again: screen readers would say it again.
  #tell(words, state = "") {
    this.state.dataset.state = state;
    if (this.state.textContent !== words) this.state.textContent = words;
  }

  // One of the two buttons can be used: the focus goes from the one to the other.
  #busy(busy) {
    const [from, to] = busy ? [this.submit, this.stop] : [this.stop, this.submit];
    const had = [from, document.body].includes(document.activeElement);
    this.stop.hidden = !busy;
    this.submit.disabled = busy;
    if (had) to.focus();
    this.answer.setAttribute("aria-busy", String(busy));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const name = part.match(/^event: (.*)$/m)?.[1];
      const data = part.match(/^data: (.*)$/m)?.[1];
      if (name && data) yield [name, JSON.parse(data)];
    }
  }
}

customElements.define("model-trial", ModelTrial);
