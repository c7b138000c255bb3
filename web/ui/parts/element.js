// What the elements of the pages have in common: they draw into the page itself and not into a shadow of it, so that
// one sheet styles all, labels reach their fields, and a <video> that moves keeps its picture.

import { LitElement } from 'lit';

/** @typedef {{addEventListener: Function, removeEventListener: Function}} Target */

export class Part extends LitElement {
  constructor() {
    super();
    /** @type {[Target, string, (event: any) => void][]} */
    this.heard = [];
    /** @type {any[]} */
    this.beats = [];
  }

  createRenderRoot() {
    return this;
  }

  /** Listens as long as the element is in the page: call it in connectedCallback. @param {Target} target
   *  @param {string} type @param {(event: any) => void} run */
  listen(target, type, run) {
    target.addEventListener(type, run);
    this.heard.push([target, type, run]);
  }

  /** Does it again and again, as long as the element is in the page: call it in connectedCallback. @param {number} ms
   *  @param {() => void} [run] draws anew, unless something else is said */
  every(ms, run = () => this.requestUpdate()) {
    this.beats.push(setInterval(run, ms));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.beats.splice(0).forEach(clearInterval);
    for (const [target, type, run] of this.heard.splice(0)) {
      target.removeEventListener(type, run);
    }
  }

  /** Tells those above. @param {string} type @param {any} [detail] */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}

/** @param {string} name @param {CustomElementConstructor} kind */
export function define(name, kind) {
  if (!customElements.get(name)) {
    customElements.define(name, kind);
  }
}
