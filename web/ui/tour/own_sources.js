// What this page sends: camera, microphone and screen, switched on, off and round, whatever becomes of the device.

import { canShareScreen, explainDevice, listDevices, openDevice, openScreen } from '../../lib/devices.js';
import { facingOf, firstFacing, otherSide } from './facing.js';
import { deviceWords, errorWords, refusalWords } from './problems.js';

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */
/** @typedef {Record<SourceKind, MediaStreamTrack|null>} Tracks */

export class OwnSources extends EventTarget {
  /**
   * Tells `changed`, and `say` with a sentence that the person is to read.
   * @param {OrielClient} client @param {Partial<Tracks>} tracks what was opened before joining
   */
  constructor(client, tracks) {
    super();
    this.client = client;
    /** those, and not a copy: what is turned on or off while we join counts
     *  @type {Tracks} */
    this.tracks = Object.assign(tracks, { microphone: tracks.microphone ?? null, camera: tracks.camera ?? null, screen: null });
    /** @type {Set<SourceKind>} a second tap opens no second device */
    this.opening = new Set();
    /** what we have lost and want back, and why it is not there [the code of a device] @type {Map<SourceKind, string>} */
    this.missing = new Map();
    this.over = false;
    /** @type {import('./facing.js').Facing|null} */
    this.lastFacing = null;
    /** there is another camera to turn to */
    this.canFlip = false;
    client.on('device', (news) => this.onDevice(news));
    client.on('muted', ({ source }) => this.stop(source));
    client.on('withdrawn', (source) => this.stop(source));
    client.on('refused', ({ source, code }) => {
      this.say(refusalWords(code));
      this.stop(source);
    });
    client.on('devices', () => this.look());
  }

  /** @param {string} text */
  say(text) {
    this.dispatchEvent(new CustomEvent('say', { detail: text }));
  }

  changed() {
    this.dispatchEvent(new Event('changed'));
  }

  /** Of the camera that is opened next: where the last one looked. */
  get facing() {
    return this.lastFacing ?? firstFacing(this.client.me?.role ?? '');
  }

  get canShareScreen() {
    return canShareScreen();
  }

  /** Once in the tour: sends what was opened before, as far as one may. */
  async begin() {
    for (const kind of /** @type {SourceKind[]} */ (['camera', 'microphone'])) {
      const track = this.tracks[kind];
      if (track && this.client.maySend(kind)) {
        await this.start(kind, track);
      } else if (track) {
        await this.stop(kind);
      }
    }
  }

  /** @param {SourceKind} kind */
  async toggle(kind) {
    if (this.opening.has(kind)) {
      return;
    }
    if (this.tracks[kind]) {
      await this.stop(kind);
      return;
    }
    this.opening.add(kind);
    try {
      await this.start(kind, kind === 'screen' ? await openScreen() : await openDevice(kind, undefined, { facing: this.facing }));
    } catch (error) {
      // Closing the browser's own picker of screens is a choice, not a problem.
      const { code } = explainDevice(error, kind);
      if (this.missing.has(kind)) { // that stands there already, and this is why now
        this.missing.set(kind, code);
        this.changed();
      } else if (kind !== 'screen' || code !== 'device_denied') {
        this.say(deviceWords(error, kind));
      }
    } finally {
      this.opening.delete(kind);
    }
  }

  /** @param {SourceKind} kind @param {MediaStreamTrack} track */
  async start(kind, track) {
    if (this.over) { // the browser has asked for longer than the tour has lasted
      track.stop();
      return;
    }
    if (this.tracks[kind] !== track) {
      this.tracks[kind]?.stop();
    }
    this.tracks[kind] = track;
    this.missing.delete(kind);
    this.lastFacing = facingOf(kind === 'camera' ? track : null) ?? this.lastFacing;
    this.changed();
    await this.look();
    try {
      await this.client.publish(kind, track);
    } catch (error) { // as many are on as may be, or a host has closed it meanwhile
      await this.stop(kind);
      this.say(errorWords(error));
      return;
    }
    await this.client.mute(kind, false)?.catch(() => undefined);
  }

  /** @param {SourceKind} kind */
  async stop(kind) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.missing.delete(kind);
    this.changed();
    await this.look();
    await this.client.publish(kind, null);
    await this.client.mute(kind, true)?.catch(() => undefined);
  }

  /** A phone has a camera on each side; a laptop may have a second one. */
  async look() {
    this.canFlip = Boolean(this.tracks.camera) && (await listDevices('camera')).length > 1;
    this.changed();
  }

  /** To the other side, where the cameras say on which they are; else to the next of the list. */
  async flip() {
    const { camera } = this.tracks;
    if (!camera || this.opening.has('camera')) {
      return;
    }
    this.opening.add('camera');
    const before = camera?.getSettings().deviceId;
    const facing = facingOf(camera);
    // Most phones open one camera at a time: the old one has to end first.
    camera.stop();
    this.tracks.camera = null;
    try {
      const turned = facing && await openDevice('camera', undefined, { facing: otherSide(facing) });
      await this.start('camera', turned && turned.getSettings().deviceId !== before ? turned : await this.next(before, turned));
    } catch (error) {
      await this.stop('camera');
      this.say(deviceWords(error, 'camera'));
    } finally {
      this.opening.delete('camera');
    }
  }

  /** @param {string|undefined} before @param {MediaStreamTrack|null} tried it is the same one again */
  async next(before, tried) {
    tried?.stop();
    const cameras = await listDevices('camera');
    const at = cameras.findIndex((c) => c.deviceId === before);
    return openDevice('camera', cameras[(at + 1) % cameras.length].deviceId);
  }

  /** The browser's own "stop sharing", an unplugged camera, a phone call: what was lost comes back by itself. As long as
   *  it is not there that is no matter of seconds, so it is in `missing`, and not said.
   *  @param {import('../../lib/types.js').DeviceNews} news */
  async onDevice({ kind, state, code, track }) {
    const isMissing = kind !== 'screen' && (state === 'lost' || state === 'failed');
    if (isMissing) {
      this.missing.set(kind, code);
    } else {
      this.missing.delete(kind);
      this.say(deviceWords({ code }, kind));
    }
    if (state === 'lost' && kind === 'screen') {
      await this.stop(kind);
    } else if (state === 'lost' || state === 'back') {
      this.tracks[kind] = track;
      this.changed();
    } else {
      this.changed();
    }
  }

  /** Nothing is filmed or heard any more. */
  end() {
    this.over = true;
    for (const track of Object.values(this.tracks)) {
      track?.stop();
    }
  }
}
