// A panel of the tour: comes up from below on a phone, and stands beside the stage where there is room. It covers
// nothing that is needed, Esc closes it, and the focus goes back to what opened it.

import { html, nothing } from 'lit';
import { define, Part } from './element.js';
import { icon } from './icon.js';
import { t } from '../words/words.js';

export class Sheet extends Part {
  static properties = { label: {}, open: { type: Boolean, reflect: true }, content: { attribute: false },
    head: { attribute: false }, docked: { type: Boolean, reflect: true } };

  constructor() {
    super();
    this.label = '';
    this.open = false;
    /** @type {any} a template */
    this.content = null;
    /** @type {any} in place of the title, as tabs */
    this.head = null;
    /** it stands here for good: nothing opened it, and nothing closes it */
    this.docked = false;
    /** @type {Element|null} */
    this.opener = null;
    this.left = false; // what had the focus goes
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen(this, 'keydown', (event) => {
      if (event.key === 'Escape' && !this.docked) {
        event.stopPropagation();
        this.shut();
      }
    });
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('open') && this.open && !this.docked) {
      this.opener = document.activeElement;
    }
    this.left = changed.has('open') && !this.open && this.contains(document.activeElement);
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    if (this.left) {
      /** @type {HTMLElement|null} */ (this.opener)?.focus?.();
    } else if (this.open && !this.docked && (changed.has('open') || changed.has('label') && !this.head)) {
      /** @type {HTMLElement|null} */ (this.querySelector('h2, [role=tab][aria-selected=true]'))?.focus({ preventScroll: true });
    }
  }

  shut() {
    this.tell('shut');
    /** @type {HTMLElement|null} */ (this.opener)?.focus?.();
  }

  render() {
    return html`<section class="sheet" aria-label=${this.label} ?hidden=${!this.open}>
      <header>${this.head ?? html`<h2 tabindex="-1">${this.label}</h2>`}
        ${this.docked ? nothing : html`<button type="button" class="quiet" aria-label=${t('close')} data-control="close"
          @click=${() => this.shut()}>${icon('close')}</button>`}</header>
      <div class="content" tabindex="0" role=${this.head ? 'tabpanel' : 'group'} aria-label=${this.label}>${this.content}</div>
    </section>`;
  }
}

define('oriel-sheet', Sheet);
