// How long the recording stays: the rule, a hold that keeps it beyond that, and deletion, of all of it or of one person.

import { html, nothing } from 'lit';
import { banner } from '../parts/banner.js';
import { ask } from '../parts/dialog.js';
import { askText } from '../parts/dialog_text.js';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { toast } from '../parts/toast.js';
import { day, when } from '../words/format.js';
import { t } from '../words/words.js';
import { problemWords } from './problems.js';
import { isGrowing } from './programme.js';
import './redaction.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Hold} Hold */
/** @typedef {import('./programme.js').Person} Person */

const DAY_MS = 86400000;
const WHOLE = ['complete', 'interrupted', 'waiting_for_store']; // of others it is not known what would go

export class Retention extends Part {
  static properties = { api: { attribute: false }, recording: { attribute: false }, people: { attribute: false },
    now: { type: Number }, hold: { state: true }, days: { state: true }, problem: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    /** @type {Recording} */
    this.recording = /** @type {any} */ (null);
    /** @type {Person[]} */
    this.people = [];
    this.now = 0; // where the player is [s]
    /** @type {Hold|null} */
    this.hold = null;
    /** @type {number|null|undefined} days that recordings are kept; null: for ever; undefined: not known */
    this.days = undefined;
    this.problem = '';
  }

  connectedCallback() {
    super.connectedCallback();
    this.look();
  }

  /** Whose link is for one tour may look at neither. */
  async look() {
    try {
      this.hold = await this.api.hold(this.recording.id);
      this.days = (await this.api.status()).retention.days;
      this.problem = '';
    } catch (error) {
      this.problem = problemWords(error);
    }
  }

  /** @param {() => Promise<any>} run @param {string} done */
  async attempt(run, done) {
    try {
      await run();
      toast(done);
      return true;
    } catch (error) {
      toast(problemWords(error));
      return false;
    }
  }

  async toggleHold() {
    const { id } = this.recording;
    if (this.hold?.held) {
      const sure = await ask({ title: t('hold.release_ask'), text: t('hold.release_text'), confirm: t('hold.release'), cancel: t('cancel') });
      sure && await this.attempt(() => this.api.setHold(id, ''), t('hold.released'));
    } else {
      const reason = await askText({ title: t('hold.ask'), text: t('hold.text'), label: t('hold.reason'), confirm: t('hold.set'), cancel: t('cancel') });
      reason && await this.attempt(() => this.api.setHold(id, reason), t('hold.done'));
    }
    await this.look();
  }

  async shredAll() {
    const title = this.recording.title || this.recording.tour;
    const typed = await askText({ title: t('shred.ask', { title }), text: t('shred.text'), label: t('shred.type', { title }), must: title,
      confirm: t('shred.confirm'), cancel: t('cancel') });
    if (typed && await this.attempt(() => this.api.shred(this.recording.id), t('shred.done', { title }))) {
      this.tell('gone');
    }
  }

  /** @param {Person} person */
  async shredPerson(person) {
    const typed = await askText({ title: t('shred.person_ask', { name: person.name }), text: t('shred.person_text'), label: t('shred.type', { title: person.name }),
      must: person.name, confirm: t('shred.person_confirm'), cancel: t('cancel') });
    if (typed && await this.attempt(() => this.api.shred(this.recording.id, person.handle), t('shred.person_done', { name: person.name }))) {
      this.tell('changed');
    }
  }

  until() {
    if (this.days === undefined || this.hold?.held) {
      return nothing;
    }
    const ended = Date.parse(this.recording.ended ?? '');
    const text = this.days === null ? t('retention.for_ever') : isGrowing(this.recording) ? t('retention.days', { n: this.days })
      : Number.isNaN(ended) ? t('retention.undated')
        : t('retention.until', { n: this.days, day: day(new Date(ended + this.days * DAY_MS).toISOString()) });
    return html`<p>${text}</p>`;
  }

  holdPart() {
    const hold = this.hold;
    return html`<h2>${t('hold.title')}</h2>
      ${hold?.held ? html`<p class="held">${icon('hold')} <span>${t('hold.held', { by: hold.by ?? '', when: hold.since ? when(hold.since) : '', reason: hold.reason ?? '' })}</span></p>`
        : html`<p class="soft">${t('hold.not_held')}</p>`}
      <button type="button" data-control="hold" @click=${() => this.toggleHold()}>${icon(hold?.held ? 'unlock' : 'hold')} ${t(hold?.held ? 'hold.release' : 'hold.set')}</button>`;
  }

  shredPart() {
    const people = this.people.filter((person) => person.name && !person.hidden && person.role !== 'ops');
    return html`<h2>${t('shred.title')}</h2>
      <p class="soft">${t(this.hold?.held ? 'shred.held' : 'shred.about')}</p>
      ${this.hold?.held ? nothing : html`<div class="row"><button type="button" class="danger" data-control="shred" @click=${() => this.shredAll()}>${icon('trash')} ${t('shred.all')}</button></div>
        ${people.length > 1 ? html`<ul class="exports">${people.map((person) => html`<li><span class="about"><bdi>${person.name}</bdi></span>
          <button type="button" aria-label=${t('shred.person_of', { name: person.name })} @click=${() => this.shredPerson(person)}>${icon('trash')} ${t('shred.person')}</button></li>`)}</ul>` : nothing}
        ${WHOLE.includes(this.recording.state) ? html`<oriel-redaction .api=${this.api} .recording=${this.recording} .now=${this.now}></oriel-redaction>` : nothing}`}`;
  }

  render() {
    const { state } = this.recording;
    if (!this.hold) {
      return this.problem ? banner({ kind: 'lost', text: this.problem, action: { label: t('try_again'), run: () => this.look() } })
        : html`<p class="soft">${t('ops.loading')}</p>`;
    }
    return html`<div class="proof">${state === 'shredded' ? html`<p>${t('recording.shredded')}</p>` : html`${this.until()}${this.holdPart()}
      ${isGrowing(this.recording) ? html`<p class="soft">${t('shred.not_yet')}</p>` : this.shredPart()}`}</div>`;
  }
}

define('oriel-retention', Retention);
