// <follow-scroll>: keeps the end in view while content grows, unless the reader has scrolled away.
const NEAR = 120;

class FollowScroll extends HTMLElement {
  connectedCallback() {
    this.near = true;
    this.box = this.hasAttribute("data-own") ? this : document.scrollingElement;
    (this.box === this ? this : window).addEventListener("scroll", this.#scrolled, { passive: true });
    this.observer = new ResizeObserver(() => { if (this.near) this.#toEnd(); });
    this.observer.observe(this.firstElementChild ?? this);
    if (this.hasAttribute("data-start-at-end")) this.#toEnd();
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    window.removeEventListener("scroll", this.#scrolled);
  }

  #scrolled = () => {
    this.near = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR;
  };

  #toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
  }
}

customElements.define("follow-scroll", FollowScroll);
