// <oriel-prejoin>: name, camera and microphone with a preview, and the consent. Nothing is sent to anyone here.

import { html, nothing } from 'lit';
import { listDevices, openDevice } from '../../lib/devices.js';
import { checkConnection } from '../../lib/check.js';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { t } from '../words/words.js';
import { watchLevel } from './level.js';
import { deviceWords } from './problems.js';

/** @typedef {import('../../lib/devices.js').DeviceKind} DeviceKind */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/**
 * @typedef {object} Choice
 * @property {string} name
 * @property {boolean} consent
 * @property {Record<DeviceKind, MediaStreamTrack|null>} tracks
 */

const NAME_LENGTH = 60;

export class Prejoin extends Part {
  static properties = { welcome: { attribute: false }, failed: {}, link: { attribute: false }, busy: { state: true } };

  constructor() {
    super();
    /** @type {Welcome|null} */
    this.welcome = null;
    this.failed = '';
    this.link = { url: '', token: '', tour: '' };
    this.busy = false;
    /** @type {Record<DeviceKind, MediaStreamTrack|null>} */
    this.tracks = { camera: null, microphone: null };
    /** @type {Record<DeviceKind, MediaDeviceInfo[]>} */
    this.devices = { camera: [], microphone: [] };
    /** @type {Record<DeviceKind, string>} */
    this.problems = { camera: '', microphone: '' };
    this.stopMeter = () => {};
    this.verdict = { text: '', ok: true, busy: false };
    this.taken = false; // what is open goes on in the tour
  }

  firstUpdated() {
    if (this.welcome?.you.role === 'agent') {
      this.set('camera', true).then(() => this.set('microphone', true));
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopMeter();
    if (!this.taken) {
      Object.values(this.tracks).forEach((track) => track?.stop());
    }
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    if (changed.has('failed') && this.failed) {
      this.busy = false;
      this.taken = false;
    }
    const video = this.querySelector('video');
    const { camera } = this.tracks;
    if (video && /** @type {MediaStream|null} */ (video.srcObject)?.getTracks()[0] !== (camera ?? undefined)) {
      video.srcObject = camera ? new MediaStream([camera]) : null;
      video.muted = true;
    }
  }

  /** @param {DeviceKind} kind @param {boolean} on @param {string} [deviceId] */
  async set(kind, on, deviceId) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.problems[kind] = '';
    if (on) {
      try {
        this.tracks[kind] = await openDevice(kind, deviceId);
      } catch (error) {
        this.problems[kind] = deviceWords(error, kind);
      }
    }
    const track = this.tracks[kind];
    this.devices[kind] = track ? await listDevices(kind) : [];
    if (kind === 'microphone') {
      this.stopMeter();
      this.stopMeter = track ? watchLevel(track, (level) => this.showLevel(level)) : () => {};
    }
    this.requestUpdate();
  }

  /** @param {number} level */
  showLevel(level) {
    const bar = /** @type {HTMLElement|null} */ (this.querySelector('.meter > div'));
    bar?.style.setProperty('width', `${level * 100}%`);
  }

  async check() {
    this.verdict = { text: t('prejoin.checking'), ok: true, busy: true };
    this.requestUpdate();
    const { text, advice, ok } = await checkConnection(this.link);
    this.verdict = { text: advice === text ? advice : [`${text}.`, advice].filter(Boolean).join(' '), ok, busy: false };
    this.requestUpdate();
  }

  /** @param {SubmitEvent} event */
  send(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.busy = true;
    this.taken = true;
    this.tell('join', { name: String(form.get('name') ?? this.welcome?.you.name ?? '').trim(),
      consent: form.get('consent') !== null, tracks: this.tracks });
  }

  /** @param {DeviceKind} kind */
  deviceRow(kind) {
    const track = this.tracks[kind];
    const device = t(`device.${kind}`);
    const list = this.devices[kind];
    return html`<button type="button" class="toggle" aria-pressed=${String(Boolean(track))} data-device=${kind}
        @click=${() => this.set(kind, !this.tracks[kind])}>
        ${icon(track ? kind : `${kind}-off`)}${t(track ? 'device.on' : 'device.off', { device })}</button>
      ${list.length > 1 ? html`<select aria-label=${device}
        @change=${(/** @type {Event} */ e) => this.set(kind, true, /** @type {HTMLSelectElement} */ (e.target).value)}>
        ${list.map((d, i) => html`<option value=${d.deviceId} ?selected=${d.deviceId === track?.getSettings().deviceId}>
          ${d.label || t('device.nth', { device, n: i + 1 })}</option>`)}</select>` : nothing}
      ${this.problems[kind] ? html`<p class="problem" role="alert">${this.problems[kind]}</p>` : nothing}`;
  }

  render() {
    const { welcome } = this;
    if (!welcome) {
      return nothing;
    }
    const { tour, you, consent } = welcome;
    const watches = you.role === 'ops';
    return html`<form class="prejoin" @submit=${this.send}>
      <header><h1>${tour.title || tour.name}</h1><p class="soft">${t(`prejoin.${you.role}`)}</p></header>
      ${watches ? nothing : html`<div class="preview"><p>${t('prejoin.camera_is_off')}</p>
        <video playsinline autoplay muted ?hidden=${!this.tracks.camera}></video></div>`}
      <div class="form">
        ${you.name ? html`<p>${t('prejoin.as', { name: you.name })}</p>`
          : html`<label><span>${t('prejoin.name')}</span><input name="name" autocomplete="name" maxlength=${NAME_LENGTH} required /></label>`}
        ${watches ? nothing : html`${this.deviceRow('camera')}${this.deviceRow('microphone')}
          <div class="meter" role="img" aria-label=${t('prejoin.level')} ?hidden=${!this.tracks.microphone}><div></div></div>`}
        <button type="button" data-control="check" ?disabled=${this.verdict.busy} @click=${this.check}>${t('prejoin.check')}</button>
        ${this.verdict.text ? html`<p class=${this.verdict.ok ? 'soft' : 'problem'} role="status">${this.verdict.text}</p>` : nothing}
        ${consent.required ? html`<label class="tick consent"><input type="checkbox" name="consent" required /><span>${consent.text}</span></label>` : nothing}
        ${this.failed ? html`<p class="problem" role="alert">${this.failed}</p>` : nothing}
        <button class="primary" type="submit" ?disabled=${this.busy}>${t(`prejoin.join.${you.role}`)}</button>
      </div>
    </form>`;
  }
}

define('oriel-prejoin', Prejoin);
