// <oriel-reactions>: what people feel floats up over the stage, with the name of whose it is.

import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, Part } from '../parts/element.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {{key: number, sign: string, word: string, name: string}} Floating */

export const REACTIONS = /** @type {const} */ ({ thumbs_up: '👍', heart: '❤️', clap: '👏', laugh: '😄', wow: '😮', question: '❓' });

const SECONDS = 4;
const AT_ONCE = 10;

export class Reactions extends Part {
  static properties = { model: { attribute: false }, floating: { state: true } };

  constructor() {
    super();
    /** @type {TourModel|null} */
    this.model = null;
    /** @type {Floating[]} */
    this.floating = [];
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.model) {
      this.listen(this.model.client, 'entry', (/** @type {CustomEvent} */ e) => this.onEntry(e.detail));
    }
  }

  /** @param {import('../../lib/types.js').Entry} entry */
  onEntry({ kind, reaction, seq, name, from }) {
    const sign = kind === 'reaction' && Object.hasOwn(REACTIONS, reaction ?? '') ? REACTIONS[/** @type {'heart'} */ (reaction)] : '';
    if (sign) {
      const word = t(`reaction.${/** @type {'heart'} */ (reaction)}`);
      const mine = from !== null && from === this.model?.me?.id;
      this.floating = [...this.floating, { key: seq, sign, word, name: mine ? t('you') : name ?? '' }].slice(-AT_ONCE);
      setTimeout(() => { this.floating = this.floating.filter((f) => f.key !== seq); }, SECONDS * 1000);
    }
  }

  render() {
    return html`<div class="floating" role="log" aria-label=${t('reaction.all')}>${repeat(this.floating, (f) => f.key, ({ sign, word, name }) => html`<div class="one">
      <span class="sign" aria-hidden="true">${sign}</span><span class="visually-hidden">${word}</span><span class="one-line meta">${name}</span></div>`)}</div>`;
  }
}

define('oriel-reactions', Reactions);
