// <oriel-devices>: camera, microphone and loudspeaker tried out, before the tour and while one waits for it. What is
// open is in `tracks`, which whoever made it keeps; nothing is sent to anyone.

import { html, nothing } from 'lit';
import { listDevices, openDevice } from '../../lib/devices.js';
import { deviceRow } from '../parts/device_row.js';
import { facesUser, firstFacing } from './facing.js';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { t } from '../words/words.js';
import { watchLevel } from './level.js';
import { deviceProblem } from './problems.js';
import { chime, listSpeakers, speaker } from './speaker.js';

/** @typedef {import('../../lib/devices.js').DeviceKind} DeviceKind */
/** @typedef {{camera?: MediaStreamTrack|null, microphone?: MediaStreamTrack|null}} OwnTracks */

/** @typedef {(kind: DeviceKind, track: MediaStreamTrack) => void} Late what to do with a device that was opened when this was gone */

/** @type {DeviceKind[]} */
const KINDS = ['camera', 'microphone'];

/** Tells `devices` when something was opened or closed. */
export class Devices extends Part {
  static properties = { tracks: { attribute: false }, begin: { type: Boolean } };

  constructor() {
    super();
    /** @type {OwnTracks} */
    this.tracks = {};
    /** they are opened without being asked for: who hosts is to be seen, and room is kept for the picture */
    this.begin = false;
    this.beginning = false;
    /** @type {Late|null} */
    this.late = null;
    /** @type {Record<DeviceKind, boolean>} */
    this.opening = { camera: false, microphone: false };
    /** @type {Record<DeviceKind, string>} */
    this.problems = { camera: '', microphone: '' };
    /** @type {Record<DeviceKind|'speaker', MediaDeviceInfo[]>} */
    this.devices = { camera: [], microphone: [], speaker: [] };
    /** @type {''|'playing'|'played'|'failed'} */
    this.chimed = '';
    /** @type {Record<DeviceKind, number>} the last call counts */
    this.turns = { camera: 0, microphone: 0 };
    this.stopMeter = () => {};
    /** @type {MediaStreamTrack|null} */
    this.metered = null;
  }

  connectedCallback() {
    super.connectedCallback();
    if (navigator.mediaDevices) {
      this.listen(navigator.mediaDevices, 'devicechange', () => this.look());
    }
  }

  async firstUpdated() {
    this.meter();
    await this.look();
    if (this.begin && !this.tracks.camera && !this.tracks.microphone) {
      this.beginning = true;
      await this.set('camera', true); // one question of the browser's after the other
      this.beginning = false;
      await this.set('microphone', true);
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopMeter();
    this.metered = null;
  }

  updated() {
    const video = this.querySelector('video');
    const camera = this.tracks.camera ?? null;
    if (video && (/** @type {MediaStream|null} */ (video.srcObject)?.getTracks()[0] ?? null) !== camera) {
      video.srcObject = camera ? new MediaStream([camera]) : null;
      video.muted = true;
    }
  }

  /** Neither is on, and none is about to be. */
  get silent() {
    return !this.beginning && KINDS.every((kind) => !this.tracks[kind] && !this.opening[kind]);
  }

  async look() {
    const [camera, microphone, speakers] = await Promise.all([listDevices('camera'), listDevices('microphone'), listSpeakers()]);
    this.devices = { camera, microphone, speaker: speakers };
    this.requestUpdate();
  }

  /** @param {DeviceKind} kind @param {boolean} on @param {string} [deviceId] */
  async set(kind, on, deviceId) {
    const turn = ++this.turns[kind];
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.problems[kind] = '';
    this.opening[kind] = on;
    this.changed();
    /** @type {MediaStreamTrack|null} */
    let track = null;
    try {
      track = on ? await openDevice(kind, deviceId, { facing: firstFacing(this.begin ? 'agent' : '') }) : null;
    } catch (error) {
      this.problems[kind] = deviceProblem(error, kind);
    }
    if (track && this.late && turn === this.turns[kind] && !this.isConnected) {
      this.late(kind, track);
      return;
    }
    if (turn !== this.turns[kind] || !this.isConnected) { // switched again meanwhile, or gone
      track?.stop();
      return;
    }
    this.opening[kind] = false;
    this.tracks[kind] = track;
    track?.addEventListener('ended', () => this.onEnded(kind, track));
    this.changed();
    await this.look();
  }

  /** Unplugged, or taken by something else. @param {DeviceKind} kind @param {MediaStreamTrack|null} track */
  onEnded(kind, track) {
    if (this.isConnected && this.tracks[kind] === track) {
      this.tracks[kind] = null;
      this.problems[kind] = deviceProblem({ code: 'device_gone' }, kind);
      this.changed();
    }
  }

  changed() {
    this.meter();
    this.requestUpdate();
    this.tell('devices');
  }

  /** Of the microphone that is on. */
  meter() {
    const microphone = this.tracks.microphone ?? null;
    if (microphone === this.metered) {
      return;
    }
    this.stopMeter();
    this.metered = microphone;
    this.stopMeter = microphone ? watchLevel(microphone, (level) => {
      /** @type {HTMLElement|null} */ (this.querySelector('[data-meter] > span'))?.style.setProperty('width', `${level * 100}%`);
    }) : () => {};
  }

  async play() {
    this.chimed = 'playing';
    this.requestUpdate();
    this.chimed = await chime().then(() => /** @type {const} */ ('played'), () => /** @type {const} */ ('failed'));
    this.requestUpdate();
  }

  /** @param {DeviceKind} kind */
  row(kind) {
    const track = this.tracks[kind];
    const name = t(`device.${kind}`);
    const choices = this.devices[kind].map((d, i) => ({ id: d.deviceId, label: d.label || t('device.nth', { device: name, n: i + 1 }) }));
    return deviceRow({ id: kind, icon: track ? kind : `${kind}-off`, name, on: Boolean(track), busy: this.opening[kind],
      state: track ? track.label || t('device.is_on') : t(this.opening[kind] ? 'device.opening' : 'device.is_off'),
      meter: kind === 'microphone', choices: track ? choices : [], chosen: track?.getSettings().deviceId,
      problem: this.problems[kind], retry: t('try_again'),
      run: () => this.set(kind, !track && !this.opening[kind]), choose: (id) => this.set(kind, true, id) });
  }

  speakerRow() {
    const name = t('device.speaker');
    const named = this.devices.speaker.filter((d) => d.deviceId && d.label);
    return deviceRow({ id: 'speaker', icon: 'sound', name, state: t(`speaker.${this.chimed || 'ready'}`), run: () => this.play(),
      choices: named.map((d) => ({ id: d.deviceId, label: d.label })), chosen: speaker.id || 'default',
      choose: (id) => {
        speaker.id = id;
        this.play();
      } });
  }

  render() {
    const { camera } = this.tracks;
    return html`${camera || this.begin && !this.problems.camera ? html`<div class="preview">
        ${camera ? html`<video class=${facesUser(camera) ? 'mirrored' : ''} playsinline autoplay muted aria-label=${t('device.preview')}></video>`
          : html`<p class="soft">${icon('camera-off')}${t(this.opening.camera ? 'device.opening' : 'prejoin.camera_is_off')}</p>`}</div>` : nothing}
      <div class="device-rows">${this.row('camera')}${this.row('microphone')}${this.speakerRow()}</div>`;
  }
}

define('oriel-devices', Devices);
