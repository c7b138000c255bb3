// What was said in writing, asked and shown, in the order of time: it goes along with the player, and what one presses
// is where the player goes. Words find the moment.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, Part } from '../parts/element.js';
import { emptyState } from '../parts/empty_state.js';
import { icon } from '../parts/icon.js';
import '../parts/search_field.js';
import { clock } from '../words/format.js';
import { t, told } from '../words/words.js';
import { nameOf } from './names.js';
import { find } from './programme.js';

/** @typedef {import('./programme.js').Said} Said */

const KINDS = ['all', 'question', 'chat', 'chapter'];
/** @type {Record<string, string>} */
const SIGNS = { chat: 'chat', question: 'question', answer: 'check', chapter: 'rooms' };

/** @param {Said} s */
function whoOf(s) {
  return s.who ? nameOf(s.who) : t('ops.office');
}

/** @param {Said} s */
function textOf(s) {
  if (s.hidden) {
    return told('ops_hidden', s.hidden) ?? '';
  }
  return s.text || (s.kind === 'answer' ? t(s.state === 'dismissed' ? 'said.dismissed' : 'said.answered') : '');
}

export class SaidList extends Part {
  static properties = { said: { attribute: false }, now: { type: Number }, words: {}, kind: { state: true } };

  constructor() {
    super();
    /** @type {Said[]} */
    this.said = [];
    this.now = 0;
    this.words = '';
    this.kind = 'all';
    /** @type {Said|null} */
    this.current = null;
  }

  /** @returns {Said[]} */
  shown() {
    const kinds = this.kind === 'question' ? ['question', 'answer'] : [this.kind];
    return find(this.said, this.words).filter((s) => this.kind === 'all' || kinds.includes(s.kind));
  }

  /** @param {Said[]} shown */
  currentOf(shown) {
    return shown.filter((s) => s.t <= this.now + 0.05).pop() ?? null;
  }

  /** Four times a second time goes on, and mostly nothing else is current. @param {Map<string, any>} changed */
  shouldUpdate(changed) {
    return changed.size !== 1 || !changed.has('now') || this.currentOf(this.shown()) !== this.current;
  }

  /** The list goes along, unless somebody is in it. */
  updated() {
    const current = this.currentOf(this.shown());
    if (current !== this.current) {
      this.current = current;
      const list = /** @type {HTMLElement|null} */ (this.querySelector('.said-list'));
      const row = /** @type {HTMLElement|null} */ (this.querySelector('[aria-current]'));
      if (list && row && !list.matches(':hover, :focus-within')) {
        list.scrollTop = row.offsetTop - list.clientHeight / 3;
      }
    }
  }

  /** @param {Said} s @param {boolean} current */
  row(s, current) {
    return html`<li><button type="button" class="said" data-kind=${s.kind in SIGNS ? s.kind : 'chat'} aria-current=${current ? 'true' : nothing}
      @click=${() => this.tell('seek', s.t)}>
      <span class="when figures">${clock(s.t)}</span>
      <span class="what">${s.kind === 'chapter' ? nothing : html`<span class="second soft"><bdi>${whoOf(s)}</bdi></span>`}
        <span class="text" dir="auto">${textOf(s)}</span>
        ${s.answers ? html`<span class="second soft" dir="auto">${t('said.to', { question: s.answers })}</span>` : nothing}</span>
      ${icon(SIGNS[s.kind] ?? 'chat', told('said_kind', s.kind) ?? s.kind)}</button></li>`;
  }

  /** @param {Said[]} shown */
  list(shown) {
    if (this.said.length === 0) {
      return emptyState({ icon: 'chat', title: t('said.none.title'), text: t('said.none.text') });
    }
    if (shown.length === 0) {
      return emptyState({ icon: 'search', title: t('ops.no_match.title'), text: t('said.no_match') });
    }
    const current = this.currentOf(shown);
    return html`<ol class="said-list" tabindex="0" aria-label=${t('said.title')}>${repeat(shown, (s) => `${s.kind} ${s.seq} ${s.t}`,
      (s) => this.row(s, s === current))}</ol>`;
  }

  render() {
    const shown = this.shown();
    return html`<section class="beside-player" aria-labelledby="said"><h2 id="said">${t('said.title')}</h2>
      <oriel-search .label=${t('said.search')} .value=${this.words} .found=${this.words ? t('said.found', { n: shown.length }) : ''}></oriel-search>
      <div class="kinds" role="group" aria-label=${t('said.show')}>${KINDS.map((kind) => html`<button type="button" data-kind=${kind}
        aria-pressed=${String(kind === this.kind)} @click=${() => { this.kind = kind; }}>${told('said_filter', kind)}</button>`)}</div>
      ${this.list(shown)}</section>`;
  }
}

define('oriel-said', SaidList);
