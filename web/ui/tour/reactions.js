// <oriel-reactions>: what people feel floats up over the stage, with the name of whose it is.

import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { FaceGrinning, PartyPopper, Sparkles, ThumbsUp } from 'lucide';
import { define, Part } from '../parts/element.js';
import { addIcons, icon } from '../parts/icon.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {typeof REACTIONS[number]} Reaction */
/** @typedef {{key: number, reaction: Reaction, name: string}} Floating */

/** Each is an icon of its name. */
export const REACTIONS = /** @type {const} */ (['thumbs_up', 'heart', 'clap', 'laugh', 'wow', 'question']);

addIcons({ thumbs_up: ThumbsUp, clap: PartyPopper, laugh: FaceGrinning, wow: Sparkles });

const SECONDS = 4;
const AT_ONCE = 10;

/** To choose from. @param {(reaction: Reaction) => void} run */
export const reactionRow = (run) => html`<div class="react" role="group" aria-label=${t('reaction.all')}>${REACTIONS.map((reaction) => html`
  <button type="button" class="quiet" data-react=${reaction} aria-label=${t(`reaction.${reaction}`)} title=${t(`reaction.${reaction}`)}
    @click=${() => run(reaction)}>${icon(reaction)}</button>`)}</div>`;

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
    const known = REACTIONS.find((r) => r === reaction);
    if (kind === 'reaction' && known) {
      const mine = from !== null && from === this.model?.me?.id;
      this.floating = [...this.floating, { key: seq, reaction: known, name: mine ? t('you') : name ?? '' }].slice(-AT_ONCE);
      setTimeout(() => { this.floating = this.floating.filter((f) => f.key !== seq); }, SECONDS * 1000);
    }
  }

  render() {
    return html`<div class="floating" role="log" aria-label=${t('reaction.all')}>${repeat(this.floating, (f) => f.key, ({ reaction, name }) => html`<div class="one">
      <span class="sign">${icon(reaction)}</span><span class="visually-hidden">${t(`reaction.${reaction}`)}</span><span class="one-line meta">${name}</span></div>`)}</div>`;
  }
}

define('oriel-reactions', Reactions);
