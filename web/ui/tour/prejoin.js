// Before joining: name, camera and microphone with a preview, and the consent line. Nothing is sent
// to anyone here.

import { checkLine } from './check_line.js';
import { deviceProblem, listDevices, openDevice, watchLevel } from './devices.js';
import { el, icon, show } from '../dom.js';
import { readLink, signalUrl } from '../link.js';

/** @typedef {import('./devices.js').DeviceKind} DeviceKind */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/**
 * @typedef {object} Choice
 * @property {string} name
 * @property {boolean} consent
 * @property {Record<DeviceKind, MediaStreamTrack|null>} tracks
 */

const SUBMITS = { agent: 'Start the tour', buyer: 'Join the tour', ops: 'Watch the tour' };
const WORDS = {
  agent: 'You host this tour. Check how you look and sound first.',
  buyer: 'You can just look and listen, or turn on your camera and microphone.',
  ops: 'You look and listen. Everybody in the tour sees that you are there.',
};
const LABELS = { camera: 'Camera', microphone: 'Mic' };

class Prejoin {
  /** @param {Welcome} welcome @param {(choice: Choice) => Promise<void>} join */
  constructor(welcome, join) {
    this.welcome = welcome;
    this.join = join;
    /** @type {Record<DeviceKind, MediaStreamTrack|null>} */
    this.tracks = { camera: null, microphone: null };
    this.stopMeter = () => {};
    this.video = el('video', { playsinline: true, autoplay: true, hidden: true });
    this.video.muted = true;
    this.level = el('div');
    this.meter = el('div', { class: 'meter', hidden: true, role: 'img', 'aria-label': 'Microphone level' }, this.level);
    this.problem = el('p', { class: 'problem', role: 'alert', hidden: true });
    this.toggles = { camera: this.toggle('camera'), microphone: this.toggle('microphone') };
    this.selects = { camera: this.select('camera'), microphone: this.select('microphone') };
    this.name = el('input', { name: 'name', autocomplete: 'name', maxlength: 60, required: true,
      value: welcome.you.name });
    this.consent = el('input', { type: 'checkbox', name: 'consent', required: true });
    this.submit = el('button', { class: 'primary', type: 'submit' },
      SUBMITS[welcome.you.role]);
  }

  /** @param {DeviceKind} kind */
  toggle(kind) {
    return el('button', { type: 'button', class: 'toggle', 'aria-pressed': 'false',
      'data-device': kind, onclick: () => this.set(kind, !this.tracks[kind]) },
      icon(`${kind}-off`), `${LABELS[kind]} off`);
  }

  /** @param {DeviceKind} kind */
  select(kind) {
    return el('select', { 'aria-label': kind === 'camera' ? 'Camera' : 'Microphone', hidden: true,
      onchange: (/** @type {Event} */ e) =>
        this.set(kind, true, /** @type {HTMLSelectElement} */ (e.target).value) });
  }

  /** @param {DeviceKind} kind @param {boolean} on @param {string} [deviceId] */
  async set(kind, on, deviceId) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.problem.hidden = true;
    if (on) {
      try {
        this.tracks[kind] = await openDevice(kind, deviceId);
      } catch (error) {
        this.problem.textContent = deviceProblem(error, kind);
        this.problem.hidden = false;
      }
    }
    await this.refresh(kind);
  }

  /** @param {DeviceKind} kind */
  async refresh(kind) {
    const track = this.tracks[kind];
    const toggle = this.toggles[kind];
    toggle.setAttribute('aria-pressed', String(Boolean(track)));
    toggle.replaceChildren(icon(track ? kind : `${kind}-off`), `${LABELS[kind]} ${track ? 'on' : 'off'}`);
    if (kind === 'camera') {
      this.video.hidden = !track;
      this.video.srcObject = track ? new MediaStream([track]) : null;
    } else {
      this.stopMeter();
      this.meter.hidden = !track;
      this.stopMeter = track ? watchLevel(track, (l) => (this.level.style.width = `${l * 100}%`)) : () => {};
    }
    const devices = track ? await listDevices(kind) : [];
    this.selects[kind].hidden = devices.length < 2;
    this.selects[kind].replaceChildren(...devices.map((d, i) =>
      el('option', { value: d.deviceId, selected: d.deviceId === track?.getSettings().deviceId },
        d.label || `${LABELS[kind]} ${i + 1}`)));
  }

  consentLine() {
    const { consent } = this.welcome;
    return consent.required && el('label', { class: 'consent check' }, this.consent,
      el('span', {}, consent.text));
  }

  render() {
    const { tour, you } = this.welcome;
    const watches = you.role === 'ops';
    show(el('form', { class: 'prejoin', onsubmit: (/** @type {SubmitEvent} */ e) => this.send(e) },
      el('header', {},
        el('h1', {}, tour.title || tour.name),
        el('p', { class: 'soft' }, WORDS[you.role])),
      !watches && el('div', { class: 'preview' }, el('p', {}, 'Your camera is off'), this.video),
      el('div', { class: 'form' },
        you.name
          ? el('p', {}, 'You join as ', el('strong', {}, you.name))
          : el('label', {}, el('span', {}, 'Your name'), this.name),
        !watches && el('div', { class: 'switches' }, this.toggles.camera, this.toggles.microphone),
        this.selects.camera, this.selects.microphone, this.meter, this.problem,
        checkLine({ url: signalUrl(), ...readLink() }),
        this.consentLine(), this.submit)));
    if (you.role === 'agent') {
      this.set('camera', true).then(() => this.set('microphone', true));
    }
  }

  /** @param {SubmitEvent} event */
  async send(event) {
    event.preventDefault();
    this.submit.disabled = true;
    this.stopMeter();
    try {
      await this.join({ name: this.name.value.trim(), consent: this.consent.checked, tracks: this.tracks });
    } catch (error) {
      this.problem.textContent = error instanceof Error ? error.message : String(error);
      this.problem.hidden = false;
      this.submit.disabled = false;
    }
  }
}

/** @param {Welcome} welcome @param {(choice: Choice) => Promise<void>} join */
export function showPrejoin(welcome, join) {
  new Prejoin(welcome, join).render();
}
