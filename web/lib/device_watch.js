// What becomes of cameras and microphones while they are sent: unplugged, taken by a phone call, given back.
// A device that is there again is opened and sent again by itself.

import { deviceSentence, openDevice } from './devices.js';
import { codeOf } from './errors.js';

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./types.js').DeviceCode} DeviceCode */
/** @typedef {import('./types.js').SourceKind} SourceKind */
/** @typedef {'microphone'|'camera'} DeviceKind */

const AGAIN = [0, 1000, 3000]; // [ms] what is taken away is often given back at once; then when something happens
const STILL_MUTED = 2000; // [ms] after waking: a system that forgets to give a device back has done so by then

/** Tells by the events `device` and `devices` of the client. */
export class DeviceWatch {
  /** @param {OrielClient} client @param {boolean} recovers devices that were lost are opened again */
  constructor(client, recovers) {
    this.client = client;
    this.recovers = recovers;
    /** @type {Map<SourceKind, AbortController>} of the listeners at what is sent */
    this.watched = new Map();
    /** @type {Map<DeviceKind, string|undefined>} what was lost, and which device it was */
    this.lost = new Map();
    /** @type {Set<DeviceKind>} being opened */
    this.opening = new Set();
    /** @type {AbortController|null} of the listeners at the page */
    this.page = null;
  }

  /** It is sent from now on, or (null) no more. @param {SourceKind} kind @param {MediaStreamTrack|null} track */
  watch(kind, track) {
    this.watched.get(kind)?.abort();
    this.watched.delete(kind);
    this.lost.delete(/** @type {DeviceKind} */ (kind));
    if (!track?.addEventListener || this.client.over) {
      return;
    }
    const { signal } = this.listen(kind);
    const id = track.getSettings?.().deviceId;
    track.addEventListener('ended', () => this.onEnded(kind, id), { signal });
    track.addEventListener('mute', () => this.tell(kind, 'interrupted', 'device_interrupted'), { signal });
    track.addEventListener('unmute', () => this.tell(kind, 'back', 'device_back', track), { signal });
  }

  /** @param {SourceKind} kind */
  listen(kind) {
    const listening = new AbortController();
    this.watched.set(kind, listening);
    if (!this.page) {
      this.page = new AbortController();
      const { signal } = this.page;
      navigator.mediaDevices?.addEventListener('devicechange', () => this.onChange(), { signal });
      document.addEventListener('visibilitychange', () => this.onVisible(), { signal });
    }
    return listening;
  }

  /** All listeners end. */
  stop() {
    this.page?.abort();
    this.page = null;
    this.watched.forEach((listening) => listening.abort());
    this.watched.clear();
    this.lost.clear();
  }

  /**
   * @param {SourceKind} kind @param {import('./types.js').DeviceState} state @param {DeviceCode} code
   * @param {MediaStreamTrack|null} [track]
   */
  tell(kind, state, code, track = null) {
    this.client.emit('device', { kind, state, code, message: deviceSentence(code, kind), track });
  }

  /** @param {SourceKind} kind @param {string|undefined} id */
  onEnded(kind, id) {
    this.watched.get(kind)?.abort();
    this.watched.delete(kind);
    this.client.sources.drop(kind);
    if (kind === 'screen') {
      this.tell(kind, 'lost', 'screen_ended');
      return;
    }
    this.tell(kind, 'lost', 'device_lost');
    if (this.recovers) {
      this.lost.set(kind, id);
      AGAIN.forEach((ms) => { setTimeout(() => this.recover(kind), ms); });
    }
  }

  onChange() {
    this.client.emit('devices', undefined);
    for (const kind of this.lost.keys()) {
      this.recover(kind);
    }
  }

  onVisible() {
    if (document.visibilityState !== 'visible') {
      return;
    }
    for (const kind of this.lost.keys()) {
      this.recover(kind);
    }
    setTimeout(() => this.replaceMuted(), STILL_MUTED);
  }

  /** A page that woke, and what was sent is still paused by the system. */
  replaceMuted() {
    for (const kind of /** @type {DeviceKind[]} */ (['microphone', 'camera'])) {
      const track = this.client.published.get(kind);
      if (this.recovers && this.watched.has(kind) && track?.muted) {
        this.lost.set(kind, track.getSettings().deviceId);
        track.stop(); // some open one at a time
        this.recover(kind);
      }
    }
  }

  /** The same device, or where that is gone another one. @param {DeviceKind} kind */
  async recover(kind) {
    if (!this.lost.has(kind) || this.opening.has(kind) || this.client.over) {
      return;
    }
    this.opening.add(kind);
    const id = this.lost.get(kind);
    let track = null;
    try {
      track = await this.reopen(kind, id);
      if (!this.lost.has(kind) || this.client.over) { // the page has decided meanwhile
        track.stop();
        return;
      }
      await this.client.publish(kind, track);
      if (this.client.published.get(kind) !== track) { // and in this instant, too
        track.stop();
        return;
      }
      this.tell(kind, 'back', 'device_back', track);
    } catch (error) {
      track?.stop();
      if (track && this.client.published.get(kind) === track) { // it could not be sent: it is lost as before
        this.client.sources.drop(kind);
        this.lost.set(kind, id);
      }
      const code = codeOf(error); // a DOMException has a number
      const forPeople = ['device_denied', 'device_denied_by_system', 'forbidden'].includes(code); // to change
      const wanted = forPeople ? this.lost.delete(kind) : false; // and not given up or opened otherwise meanwhile
      if (wanted && code.startsWith('device_denied')) {
        this.tell(kind, 'failed', /** @type {DeviceCode} */ (code));
      }
    } finally {
      this.opening.delete(kind);
    }
  }

  /** @param {DeviceKind} kind @param {string|undefined} id */
  async reopen(kind, id) {
    try {
      return await openDevice(kind, id);
    } catch (error) {
      if (!id || /** @type {any} */ (error).code !== 'device_missing') {
        throw error;
      }
      return openDevice(kind);
    }
  }
}
