// "I can't hear": looks at all that the page knows, in the order in which it would matter, and says the one thing to do.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { chime, listSpeakers, speaker } from './speaker.js';
import { t } from '../words/words.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {'blocked'|'link'|'nobody'|'closed'|'host_muted'|'quiet'|'nothing'|'arrives'} Finding */

const HEARD = 4; // [kbit/s] of somebody who speaks; silence takes less

/** @param {Live} live @param {import('../../lib/types.js').TourStats|null} stats @returns {Finding} */
export function findingOf(live, stats) {
  const model = /** @type {TourModel} */ (live.model);
  const { lead, client } = model;
  const mayHear = ['receive', 'both'].includes(client.can().audio);
  const slots = (stats?.slots ?? []).filter((s) => s.kind === 'audio' && s.participant);
  /** @type {[boolean, Finding][]} */
  const order = [
    [model.link !== 'live', 'link'],
    [live.silent, 'blocked'],
    [!mayHear, 'closed'],
    [!lead, 'nobody'],
    [lead?.sources?.microphone !== 'on' && slots.length === 0, 'host_muted'],
    [slots.some((s) => s.kbps >= HEARD), 'arrives'],
    [slots.some((s) => s.kbps > 0) || slots.length === 0, 'quiet'],
  ];
  return order.find(([so]) => so)?.[1] ?? 'nothing';
}

/** A number that one can dial, of what the tour's data say. @param {unknown} text */
const phoneOf = (text) => (typeof text === 'string' && /^[+\d][\d ()./-]{3,30}$/.test(text) ? text : '');

export class Hearing extends Part {
  static properties = { live: { attribute: false }, finding: { state: true }, outputs: { state: true } };

  constructor() {
    super();
    /** @type {Live|null} */
    this.live = null;
    /** @type {Finding|null} */
    this.finding = null;
    /** @type {MediaDeviceInfo[]} loudspeakers and headsets, where the browser lets one choose */
    this.outputs = [];
  }

  connectedCallback() {
    super.connectedCallback();
    this.look();
    this.every(1000, () => this.look());
    this.findOutputs();
  }

  look() {
    if (this.live) {
      this.finding = findingOf(this.live, this.live.watch.stats);
    }
  }

  async findOutputs() {
    this.outputs = (await listSpeakers().catch(() => [])).filter((d) => d.label);
  }

  async turnOn() {
    await this.live?.hear();
    this.look();
  }

  chooser() {
    const sound = this.live?.sound;
    return this.outputs.length < 2 || !sound ? nothing : html`<label><span>${t('hear.output')}</span>
      <select @change=${(/** @type {Event} */ e) => sound.use(/** @type {HTMLSelectElement} */ (e.target).value)}>
      ${this.outputs.map((d) => html`<option value=${d.deviceId} ?selected=${d.deviceId === speaker.id}>${d.label}</option>`)}</select></label>`;
  }

  render() {
    const { live, finding } = this;
    if (!live?.model || !finding) {
      return nothing;
    }
    const { lead, tour } = live.model;
    const name = lead?.name ?? t('the_host');
    const phone = phoneOf(tour?.property?.agent?.phone);
    return html`<div class="hearing"><div class="finding" role="status" data-finding=${finding}>${icon(finding === 'arrives' ? 'check' : 'info')}
        <p><strong>${t(`hear.${finding}`, { name })}</strong><br />${t(`hear.${finding}.do`, { name })}</p></div>
      ${finding === 'blocked' ? html`<button type="button" class="primary wide" @click=${this.turnOn}>${t('note.silent_on')}</button>` : nothing}
      <button type="button" class="wide" data-control="chime" @click=${() => live.model?.attempt(chime)}>${icon('sound')}${t('hear.chime')}</button>
      <p class="second soft">${t('hear.chime_hint')}</p>
      ${this.chooser()}
      ${phone ? html`<p class="call second">${icon('phone')}<a href="tel:${phone.replace(/[^+\d]/g, '')}">${t('hear.call', { name: tour?.property?.agent?.name || name, phone })}</a></p>` : nothing}</div>`;
  }
}

define('oriel-hearing', Hearing);

/** @param {Live} live */
export const hearingSheet = (live) => html`<oriel-hearing .live=${live}></oriel-hearing>`;
