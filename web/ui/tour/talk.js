// <oriel-talk>: questions and what became of them, and the chat, in the order in which they were said.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, Part } from '../parts/element.js';
import { emptyState } from '../parts/empty_state.js';
import { icon } from '../parts/icon.js';
import { message, questionCard } from '../parts/question_card.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */

const MOST = 2000; // [bytes] as the server takes it
const SAY_FROM = 1600; // [bytes] from here on it is told how much is left

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text).length;

export class Talk extends Part {
  static properties = { model: { attribute: false }, busy: { state: true }, size: { state: true } };

  constructor() {
    super();
    /** @type {TourModel|null} */
    this.model = null;
    this.busy = false;
    this.size = 0;
    this.near = true; // the last line is in sight
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.model) {
      this.listen(this.model, 'changed', () => this.requestUpdate());
      this.size = bytes(this.model.draft.text);
    }
  }

  willUpdate() {
    const box = this.closest('.content');
    this.near = !box || box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  }

  updated() {
    const box = this.closest('.content');
    if (this.near && box) {
      box.scrollTop = box.scrollHeight; // and nothing else, as scrollIntoView would
    }
  }

  /** @param {string} text */
  write(text) {
    const model = /** @type {TourModel} */ (this.model);
    model.draft.text = text;
    this.size = bytes(text.trim());
  }

  /** What was not taken stays in the field. @param {Event} event */
  async send(event) {
    event.preventDefault();
    const model = /** @type {TourModel} */ (this.model);
    const toAll = model.isHost || model.draft.to === 'all';
    const written = model.draft.text;
    const text = written.trim();
    if (!text || this.busy || this.size > MOST) {
      return;
    }
    this.busy = true;
    const done = await model.attempt(async () => {
      await (toAll ? model.client.chat(text) : model.client.askQuestion(text));
      return true;
    });
    this.busy = false;
    if (done && model.draft.text === written) { // and not what was written meanwhile
      this.write('');
      this.requestUpdate();
    }
    if (this.contains(document.activeElement) || document.activeElement === document.body) {
      this.querySelector('textarea')?.focus();
    }
  }

  /** Enter sends, as everywhere; with Shift it is another line. @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      this.send(event);
    }
  }

  /** @param {'host'|'all'} to @param {string} label */
  whom(to, label) {
    const { draft } = /** @type {TourModel} */ (this.model);
    return html`<label class="whom"><input type="radio" name="to" value=${to} .checked=${draft.to === to}
      @change=${() => { draft.to = to; this.requestUpdate(); }} /><span>${label}</span></label>`;
  }

  /** @param {TourModel} model */
  composer(model) {
    const { draft } = model;
    const name = model.lead?.name ?? t('the_host');
    const label = model.isHost || draft.to === 'all' ? t('talk.to_all') : t('talk.ask', { name });
    const left = MOST - this.size;
    return html`<form class="composer" @submit=${this.send}>
      ${model.isHost ? nothing : html`<fieldset><legend class="visually-hidden">${t('talk.whom')}</legend>
        ${this.whom('host', t('talk.question'))}${this.whom('all', t('talk.chat'))}</fieldset>`}
      <div class="line"><textarea rows="2" aria-label=${label} placeholder=${label} .value=${draft.text}
        aria-invalid=${left < 0 ? 'true' : nothing} @keydown=${this.onKey}
        @input=${(/** @type {Event} */ e) => this.write(/** @type {HTMLTextAreaElement} */ (e.target).value)}></textarea>
      <button type="submit" class="primary send" aria-label=${t('talk.send')} ?disabled=${this.busy} aria-disabled=${left < 0 || this.size === 0 ? 'true' : nothing}>${icon('send')}</button></div>
      <p class="left second soft" role="status">${this.size < SAY_FROM ? nothing
        : left < 0 ? t('talk.too_long') : t('talk.left', { n: left })}</p></form>`;
  }

  render() {
    const { model } = this;
    if (!model) {
      return nothing;
    }
    const said = [...model.questions.map((q) => ({ seq: q.seq, q, e: null })), ...model.chat.map((e) => ({ seq: e.seq, q: null, e }))]
      .sort((a, b) => a.seq - b.seq);
    return html`${said.length === 0 ? emptyState({ icon: 'question', title: t('talk.empty'), text: t('talk.empty_text') }) : nothing}
      <ol class="said">${repeat(said, (s) => s.seq, ({ q, e }) => html`<li>${q ? questionCard(q)
        : e ? message({ name: e.name ?? model.nameOf(e.from), text: e.text ?? '', mine: e.from !== null && e.from === model.me?.id, toHosts: e.to === 'hosts' }) : nothing}</li>`)}</ol>
      ${model.client.can().chat ? this.composer(model) : html`<p class="soft second">${t('talk.closed')}</p>`}`;
  }
}

define('oriel-talk', Talk);
