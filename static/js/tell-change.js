// <tell-change data-name="qwen3:4b">: when what is written in it becomes something else, screen readers hear it
// after its name. What is there from the beginning is not said; changes at the same time are said together.
import { announce } from "./announce.js";

const TOGETHER = 300;
let waiting = new Map();

function say(name, words) {
  if (waiting.size === 0) {
    setTimeout(() => {
      announce([...waiting].map((pair) => pair.join(": ")).join(". "));
      waiting = new Map();
    }, TOGETHER);
  }
  waiting.set(name, words);
}

class TellChange extends HTMLElement {
  connectedCallback() {
    this.said = this.textContent.trim();
    this.observer = new MutationObserver(() => this.#look());
    this.observer.observe(this, { childList: true, characterData: true, subtree: true });
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  #look() {
    const words = this.textContent.trim();
    if (!words || words === this.said) return;
    this.said = words;
    say(this.dataset.name, words);
  }
}

customElements.define("tell-change", TellChange);
