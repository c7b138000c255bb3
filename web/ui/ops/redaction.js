// Takes a passage out of a recording for ever: from when to when, which one marks in the player, and from what.

import { html, nothing } from 'lit';
import { askText } from '../parts/dialog_text.js';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { toast } from '../parts/toast.js';
import { clock } from '../words/format.js';
import { t } from '../words/words.js';
import { groupsOf, lackOf, secondsOf } from './passage.js';
import { problemWords } from './problems.js';
import { lengthOf } from './programme.js';
import { labelsOf } from './tracks.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./passage.js').Group} Group */

const MOST_TRACKS = 64; // in one order
let forms = 0;

export class Redaction extends Part {
  static properties = { api: { attribute: false }, recording: { attribute: false }, now: { type: Number },
    from: { state: true }, to: { state: true }, spared: { state: true }, said: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    /** @type {Recording} */
    this.recording = /** @type {any} */ (null);
    this.now = 0; // where the player is [s]
    this.from = ''; // as they were written
    this.to = '';
    /** @type {string[]} labels of what it is not taken from */
    this.spared = [];
    this.said = false; // what lacks
    this.busy = false;
    this.lackId = `redaction-${++forms}-lack`;
  }

  groups() {
    return groupsOf(this.recording);
  }

  chosen() {
    return this.groups().filter(({ label }) => !this.spared.includes(label));
  }

  lack() {
    return lackOf({ from: secondsOf(this.from), to: secondsOf(this.to), length: lengthOf(this.recording), chosen: this.chosen().length });
  }

  /** @param {Group} group @param {boolean} on */
  choose({ label }, on) {
    this.spared = on ? this.spared.filter((one) => one !== label) : [...this.spared, label];
  }

  async remove() {
    this.said = true;
    const lack = this.lack();
    if (lack) {
      await this.updateComplete;
      /** @type {HTMLElement|null} */ (this.querySelector(lack === 'what' ? 'input[type=checkbox]' : lack === 'order' ? '[name=to]' : '[aria-invalid=true]'))?.focus();
      return;
    }
    const [from, to] = [secondsOf(this.from), secondsOf(this.to)];
    const chosen = this.chosen();
    const reason = await askText({ title: t('redact.ask', { from: clock(from), to: clock(to) }), danger: true, label: t('redact.why'),
      text: this.consequences(chosen), confirm: t('redact.confirm'), cancel: t('cancel') });
    if (reason) {
      await this.order({ tracks: chosen.flatMap(({ ids }) => ids), from_ms: Math.round(from * 1000), to_ms: Math.round(to * 1000), reason });
    }
  }

  /** @param {Group[]} chosen */
  consequences(chosen) {
    const all = chosen.length === this.groups().length;
    const what = all ? t('redact.everything') : chosen.map(({ label }) => t('redact.quoted', { name: label })).join(', ');
    return `${t('redact.goes', { what })}\n${t('redact.stays')}`;
  }

  /** @param {import('./recordings_api.js').Redaction} what */
  async order({ tracks, ...what }) {
    this.busy = true;
    try {
      for (let at = 0; at < tracks.length; at += MOST_TRACKS) {
        await this.api.redact(this.recording.id, { ...what, tracks: tracks.slice(at, at + MOST_TRACKS) });
      }
      Object.assign(this, { from: '', to: '', said: false });
      toast(t('redact.done'));
      this.tell('changed');
    } catch (error) {
      toast(problemWords(error));
    }
    this.busy = false;
  }

  /** @param {'from'|'to'} name @param {boolean} wrong */
  moment(name, wrong) {
    const time = clock(this.now);
    const hint = this.said && wrong;
    return html`<div class="moment-field"><label><span>${t(`redact.${name}`)}</span><input type="text" name=${name} autocomplete="off" dir="ltr"
        maxlength="12" placeholder="00:42" .value=${this[name]} aria-invalid=${hint ? 'true' : 'false'} aria-describedby=${hint ? this.lackId : nothing}
        @input=${(/** @type {Event} */ e) => { this[name] = /** @type {HTMLInputElement} */ (e.target).value; }} /></label>
      <button type="button" data-control="${name}-here" aria-label=${t(`redact.${name}_here`, { time })} @click=${() => { this[name] = time; }}>
        ${icon('clock')} <span class="figures">${t('redact.here', { time })}</span></button></div>`;
  }

  /** What was removed before. */
  gone() {
    const spans = this.recording.redacted ?? [];
    const labels = labelsOf(this.recording.tracks);
    return spans.length === 0 ? nothing : html`<h3>${t('redact.gone')}</h3><ul class="removed">${spans.map((span) => html`<li>
      <span class="figures">${t('redact.span', { from: clock(span.from_ms / 1000), to: clock(span.to_ms / 1000) })}</span>
      <bdi class="soft">${labels.get(span.track) ?? t('ops.somebody')}</bdi></li>`)}</ul>`;
  }

  render() {
    const lack = this.lack();
    const shown = this.said && lack;
    const time = lack === 'time' || lack === 'length';
    return html`<form class="redaction" novalidate @submit=${(/** @type {Event} */ e) => { e.preventDefault(); this.remove(); }}>
      <h2>${t('redact.title')}</h2><p class="soft">${t('redact.about')}</p>
      <div class="moments">${this.moment('from', time && (lack === 'length' || Number.isNaN(secondsOf(this.from))))}
        ${this.moment('to', lack === 'order' || (lack === 'time' && Number.isNaN(secondsOf(this.to))))}</div>
      <fieldset><legend>${t('redact.what')}</legend>${this.groups().map((group) => html`<label class="tick">
        <input type="checkbox" .checked=${!this.spared.includes(group.label)} @change=${(/** @type {Event} */ e) =>
    this.choose(group, /** @type {HTMLInputElement} */ (e.target).checked)} /><bdi>${group.label}</bdi></label>`)}</fieldset>
      ${this.spared.includes(t('track.programme')) && this.chosen().length > 0 ? html`<p class="second soft">${t('redact.stays_seen')}</p>` : nothing}
      <p class="need" id=${this.lackId} role="status">${shown ? t(`redact.need.${lack}`, { length: clock(lengthOf(this.recording)) }) : nothing}</p>
      <button class="danger" data-control="redact" ?disabled=${this.busy}>${icon('scissors')} ${t('redact.remove')}</button>
      ${this.gone()}</form>`;
  }
}

define('oriel-redaction', Redaction);
