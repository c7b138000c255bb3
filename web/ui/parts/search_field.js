// A field to look for something: tells `search` when nothing was typed for a moment, at once for Enter, and has a way
// to empty it. Chromium has an event of that name of its own, which ends here.

import { html, nothing } from 'lit';
import { t } from '../words/words.js';
import { define, Part } from './element.js';
import { icon } from './icon.js';

const TYPING_MS = 250;

export class SearchField extends Part {
  static properties = { label: {}, hint: {}, value: {}, found: {} };

  constructor() {
    super();
    this.label = '';
    this.hint = '';
    this.value = '';
    this.found = ''; // how many, for who does not see the list
    this.text = ''; // as it is typed, with the blanks that are not looked for
    this.typing = 0;
  }

  /** What is asked for comes back as `value`: one goes on typing, and it is not taken out of one's hands.
   *  @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('value') && this.value !== this.text.trim()) {
      this.text = this.value;
      clearTimeout(this.typing);
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.typing);
  }

  /** @param {string} text @param {number} [ms] */
  take(text, ms = TYPING_MS) {
    this.text = text;
    this.requestUpdate();
    clearTimeout(this.typing);
    this.typing = Number(setTimeout(() => this.tell('search', text.trim()), ms));
  }

  clear() {
    this.take('', 0);
    /** @type {HTMLElement} */ (this.querySelector('input')).focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === 'Enter') {
      this.take(this.text, 0);
    } else if (event.key === 'Escape' && this.text) {
      event.stopPropagation();
      this.clear();
    }
  }

  render() {
    return html`<div class="search-field" role="search" aria-label=${this.label}>
      ${icon('search')}
      <input type="search" maxlength="128" aria-label=${this.label} placeholder=${this.hint || this.label} .value=${this.text}
        @input=${(/** @type {InputEvent} */ e) => this.take(/** @type {HTMLInputElement} */ (e.target).value)} @keydown=${this.key}
        @search=${(/** @type {Event} */ e) => e.stopPropagation()} />
      ${this.text ? html`<button type="button" class="quiet" aria-label=${t('search.clear')} @click=${() => this.clear()}>${icon('close')}</button>` : nothing}
      <span class="visually-hidden" role="status">${this.found}</span>
    </div>`;
  }
}

define('oriel-search', SearchField);
