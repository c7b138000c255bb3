// <oriel-prejoin>: the house, one's name, camera and microphone, and the consent. Nothing is sent to anyone here.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { propertyCard } from '../parts/property_card.js';
import { speakOf, spoken, t, told } from '../words/words.js';
import { hasAgreed, rememberConsent, rememberedName, rememberName } from './remembered.js';
import './devices.js';

/** @typedef {import('../../lib/types.js').Verdict} Verdict */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/** @typedef {{name: string, consent: boolean}} Choice */

const NAME_LENGTH = 60;
const NAME_BYTES = 128; // docs/protocol.md

/** As the server takes it. @param {string} name */
function fitting(name) {
  const letters = [...name.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim()];
  while (new TextEncoder().encode(letters.join('')).length > NAME_BYTES) {
    letters.pop();
  }
  return letters.join('');
}

/** In the reader's language, where there is that. @param {Welcome} welcome */
const consentText = ({ consent: { text, texts } }) => (texts && Object.hasOwn(texts, spoken()) ? texts[spoken()] : text);

export class Prejoin extends Part {
  static properties = { welcome: { attribute: false }, failed: { attribute: false }, link: { attribute: false }, tracks: { attribute: false }, busy: { state: true } };

  constructor() {
    super();
    /** @type {Welcome|null} */
    this.welcome = null;
    /** @type {{text: string}|null} why the last click has led nowhere */
    this.failed = null;
    this.link = { url: '', token: '', tour: '' };
    /** @type {import('./devices.js').OwnTracks} */
    this.tracks = {};
    /** @type {import('./devices.js').Late|null} */
    this.late = null;
    this.busy = false;
    /** @type {Verdict|'checking'|'unknown'|null} unknown: it could not be tried out */
    this.verdict = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen(this, 'devices', () => this.requestUpdate());
  }

  firstUpdated() {
    /** @type {HTMLElement|null} */ (this.querySelector('h1'))?.focus({ preventScroll: true });
  }

  /** Another text is another question. @param {Map<string, any>} changed */
  updated(changed) {
    const tick = /** @type {HTMLInputElement|null} */ (this.querySelector('input[name=consent]'));
    if (tick && changed.get('welcome') && this.welcome?.consent.text !== changed.get('welcome').consent.text) {
      tick.checked = false;
    }
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('failed') || changed.has('welcome')) { // the answer to the last click
      this.busy = false;
    }
  }

  get hosts() {
    return this.welcome?.you.role === 'agent';
  }

  /** They start without being seen or heard. */
  get unseen() {
    const devices = /** @type {import('./devices.js').Devices|null} */ (this.querySelector('oriel-devices'));
    return this.hosts && Boolean(devices?.hasUpdated && devices.silent);
  }

  async check() {
    this.verdict = 'checking';
    this.requestUpdate();
    try {
      const [{ checkConnection }] = await Promise.all([import('../../lib/check.js'), speakOf('check')]);
      this.verdict = await checkConnection(this.link);
    } catch { // what would find out what is wrong did not come itself
      this.verdict = 'unknown';
    }
    this.requestUpdate();
  }

  /** @param {SubmitEvent} event */
  send(event) {
    event.preventDefault();
    const { welcome } = this;
    if (!welcome || this.busy) {
      return;
    }
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [typed, consent] = [form.get('name'), form.get('consent') !== null];
    if (typed !== null) {
      rememberName(String(typed).trim());
    }
    if (welcome.consent.required) {
      rememberConsent(welcome, consent);
    }
    this.busy = true;
    this.tell('join', { name: fitting(String(typed ?? welcome.you.name)), consent });
  }

  /** @param {Welcome} welcome */
  nameField({ you }) {
    return you.name ? html`<p class="joins-as">${t('prejoin.as', { name: you.name })}</p>`
      : html`<label><span>${t('prejoin.name')}</span><input name="name" autocomplete="name" maxlength=${NAME_LENGTH}
          .defaultValue=${rememberedName()} pattern=".*\\S.*" required /></label>`;
  }

  /** @param {Welcome} welcome */
  consentTick(welcome) {
    return welcome.consent.required ? html`<label class="tick consent"><input type="checkbox" name="consent" required
        .defaultChecked=${hasAgreed(welcome)} @change=${(/** @type {Event} */ e) => {
          if (!(/** @type {HTMLInputElement} */ (e.target).checked)) {
            rememberConsent(welcome, false);
          }
        }} /><span>${consentText(welcome)}</span></label>` : nothing;
  }

  /** What was found; who has done something about it can try again. */
  checkLine() {
    const { verdict } = this;
    const busy = verdict === 'checking';
    const found = verdict && typeof verdict === 'object' ? verdict : null;
    const words = found ? told('verdict', found.cause) ?? found.advice : verdict === 'unknown' ? t('refused.unreachable') : '';
    return html`${words ? html`<p class=${found?.ok ? 'verdict soft' : 'verdict problem'} role="status">${
        found?.cause === 'good' ? icon('check') : nothing}${words}</p>` : nothing}
      ${found?.cause === 'good' ? nothing : html`<button type="button" class="quiet" data-control="check" aria-disabled=${busy ? 'true' : nothing}
        @click=${() => !busy && this.check()}>${t(busy ? 'prejoin.checking' : verdict ? 'prejoin.check_again' : 'prejoin.check')}</button>`}`;
  }

  render() {
    const { welcome } = this;
    if (!welcome) {
      return nothing;
    }
    const { tour, you } = welcome;
    const watches = you.role === 'ops';
    return html`<form class="prejoin doorway ${you.role}" @submit=${this.send}>
      ${propertyCard({ tour, waits: !this.hosts, main: true })}
      <div class="door">
        <div class="form">
          <p class="soft intro">${t(`prejoin.${you.role}`)}</p>
          ${this.nameField(welcome)}
          ${watches ? nothing : html`<oriel-devices .tracks=${this.tracks} .late=${this.late} ?begin=${this.hosts}></oriel-devices>`}
          ${this.unseen ? html`<p class="problem" data-unseen role="status">${t('prejoin.unseen')}</p>` : nothing}
          ${this.consentTick(welcome)}
          ${this.checkLine()}
        </div>
        <div class="go">
          ${this.failed ? html`<p class="problem" role="alert">${this.failed.text}</p>` : nothing}
          <button class="primary wide" type="submit" aria-busy=${this.busy ? 'true' : nothing}>${
            t(this.busy ? 'prejoin.joining' : `prejoin.join.${you.role}`)}</button>
        </div>
      </div>
    </form>`;
  }
}

define('oriel-prejoin', Prejoin);
