// The media side of a participant: one RTCPeerConnection, one offer, one answer. Senders are filled
// later by replaceTrack; receiving m-lines are slots that the server fills.

import { cameraEncodings, canSimulcast, shape } from './simulcast.js';
import { leaveSilenceOut, preferSpeech } from './speech.js';

/** @typedef {import('./network.js').Realm} Realm */
/** @typedef {import('./types.js').Slot} Slot */
/** @typedef {import('./types.js').SlotKind} SlotKind */
/** @typedef {import('./types.js').SourceKind} SourceKind */

/** @type {SourceKind[]} */
const SOURCES = ['microphone', 'camera', 'screen'];

// Text on a plan must stay readable: resolution before frame rate. A camera is the other way round.
/** @type {Record<string, {hint: string, preference: string, bitrate: number}>} */
const VIDEO_HINTS = {
  camera: { hint: 'motion', preference: 'balanced', bitrate: 2_500_000 },
  screen: { hint: 'detail', preference: 'maintain-resolution', bitrate: 3_000_000 },
};

// Layers within one stream (SVC), so that each viewer gets the size and frame rate that its path carries: three
// frame rates; of a camera in VP9 also three sizes, each on its own after a key frame.
/** @type {Record<string, Record<string, string>>} */
const SCALABILITY = {
  vp8: { screen: 'L1T3' },
  vp9: { camera: 'L3T3_KEY', screen: 'L1T3' },
  av1: { camera: 'L1T3', screen: 'L1T3' },
};

/**
 * What a source is encoded into.
 * @param {string} codec @param {SourceKind} source
 * @returns {RTCRtpEncodingParameters[]} empty: as the browser likes
 */
function encodingsFor(codec, source) {
  const scalabilityMode = SCALABILITY[codec.toLowerCase()]?.[source];
  return scalabilityMode ? [/** @type {any} */ ({ scalabilityMode })] : [];
}

/** @param {RTCRtpTransceiver} transceiver @param {string} kind @param {string} codec */
export function preferCodec(transceiver, kind, codec) {
  const capabilities = RTCRtpReceiver.getCapabilities(kind);
  if (kind === 'audio') {
    preferSpeech(transceiver, transceiver.direction === 'sendonly');
    return;
  }
  if (!capabilities || !transceiver.setCodecPreferences) {
    return;
  }
  const wanted = `video/${codec}`;
  const keep = [wanted.toLowerCase(), `${kind}/rtx`, `${kind}/flexfec-03`];
  const codecs = capabilities.codecs.filter((c) => keep.includes(c.mimeType.toLowerCase()));
  if (codecs.some((c) => c.mimeType.toLowerCase() === wanted.toLowerCase())) {
    transceiver.setCodecPreferences(codecs);
  }
}

/**
 * A browser refuses a whole list for one server whose URL it cannot read: rather none than no tour.
 * @param {RTCIceServer[]} iceServers @param {Realm|null} realm
 */
function connection(iceServers, realm) {
  const bundlePolicy = 'max-bundle';
  const { RTCPeerConnection } = realm?.window ?? globalThis;
  try {
    return new RTCPeerConnection({ bundlePolicy, iceServers });
  } catch (error) {
    if (iceServers.length === 0) {
      throw error;
    }
    console.warn('The browser refuses the STUN and TURN servers.', error);
    return new RTCPeerConnection({ bundlePolicy, iceServers: [] });
  }
}

/**
 * Events: `track` (detail: Slot) when a slot's track arrives, `state` (detail: connectionState),
 * `negotiationneeded` after the join, which must never happen and is reported as such.
 */
export class Session extends EventTarget {
  /**
   * @param {{codec: string, gallery: number, audio: number, iceServers?: RTCIceServer[], realm?: Realm|null,
   *   sends?: boolean}} options
   *   sends: false for who only watches; realm: where its peer connection lives, if not in this document; closed with it
   */
  constructor({ codec, gallery, audio, iceServers = [], realm = null, sends = true }) {
    super();
    this.realm = realm;
    /** @type {RTCIceServer[]} of the next restart */
    this.iceServers = iceServers;
    this.pc = connection(iceServers, realm);
    this.sends = sends;
    this.joined = false;
    this.closed = false; // by us
    /** @type {Promise<RTCSessionDescriptionInit|undefined>|undefined} */
    this.prepared = undefined;
    this.codec = codec;
    /** @type {Map<SourceKind, Set<string>>} rids that somebody needs, where the server has said so */
    this.needed = new Map();
    /** @type {Map<SourceKind, MediaStreamTrack|null>} what was to be sent, as it was said last */
    this.wanted = new Map();
    /** @type {Promise<void>} the last change of a sender's parameters: one at a time */
    this.changing = Promise.resolve();
    /** @type {Map<SourceKind, RTCRtpTransceiver>} */
    this.senders = new Map();
    /** @type {{kind: SlotKind, index: number, transceiver: RTCRtpTransceiver}[]} */
    this.receivers = [];
    /** @type {Map<string, Slot>} by mid */
    this.slots = new Map();
    this.addTransceivers(sends ? SOURCES : [], codec, gallery, audio);
    this.pc.onconnectionstatechange = () =>
      this.dispatchEvent(new CustomEvent('state', { detail: this.pc.connectionState }));
    this.pc.onnegotiationneeded = () => {
      if (this.joined) {
        this.dispatchEvent(new CustomEvent('negotiationneeded'));
      }
    };
  }

  /** @param {SourceKind[]} sources @param {string} codec @param {number} gallery @param {number} audio */
  addTransceivers(sources, codec, gallery, audio) {
    for (const source of sources) {
      const media = source === 'microphone' ? 'audio' : 'video';
      const sendEncodings = this.encodings(source);
      const transceiver = this.pc.addTransceiver(media, { direction: 'sendonly', sendEncodings });
      preferCodec(transceiver, media, codec);
      this.senders.set(source, transceiver);
    }
    /** @param {SlotKind} kind @param {'audio'|'video'} media @param {number} count */
    const receive = (kind, media, count) => {
      for (let index = 0; index < count; index++) {
        const transceiver = this.pc.addTransceiver(media, { direction: 'recvonly' });
        preferCodec(transceiver, media, codec);
        this.receivers.push({ kind, index, transceiver });
      }
    };
    receive('stage', 'video', 1);
    receive('gallery', 'video', gallery);
    receive('audio', 'audio', audio);
  }

  /** A camera is sent in several sizes, by streams or within one; a screen in one, of which frames can be left out.
   * @param {SourceKind} source @returns {any[]} */
  encodings(source) {
    if (source === 'camera' && canSimulcast(this.codec)) {
      return cameraEncodings(this.codec);
    }
    return encodingsFor(this.codec, source);
  }

  /** Makes the offer that the join will send. No address is looked for yet, and nobody is asked anything. */
  prepare() {
    this.prepared ??= this.pc.createOffer().catch(() => undefined); // offer() says what is wrong
  }

  /** The fields of a `join` message. */
  async offer() {
    await this.pc.setLocalDescription(await this.prepared); // none: of one that is made now
    const sources = [...this.senders].map(([kind, t]) => ({ mid: t.mid, kind }));
    const slots = this.receivers.map(({ kind, transceiver }) => ({ mid: transceiver.mid, kind }));
    return { offer: this.sdp(), sources, slots };
  }

  /** @param {string} answer @param {Omit<Slot, 'track'>[]} slots as in `joined` */
  async accept(answer, slots) {
    for (const { mid, kind, index, participant, source, paused } of slots) {
      const receiver = this.receivers.find((r) => r.transceiver.mid === mid);
      const track = receiver?.transceiver.receiver.track ?? null;
      this.slots.set(mid, { mid, kind, index, participant, source, track, paused: Boolean(paused) });
    }
    await this.pc.setRemoteDescription({ type: 'answer', sdp: answer });
    this.joined = true;
    for (const slot of this.slots.values()) {
      this.dispatchEvent(new CustomEvent('track', { detail: slot }));
    }
  }

  /** A new offer with fresh ICE credentials, for a restart. */
  async restartOffer() {
    this.takeIceServers();
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }));
    return this.sdp();
  }

  /** What the browser asks for its addresses from now on. Those from before are better than none. */
  takeIceServers() {
    try {
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: this.iceServers });
    } catch (error) {
      console.warn('The browser refuses the STUN and TURN servers.', error);
    }
  }

  /** What is offered, as the server is to see it. */
  sdp() {
    return leaveSilenceOut(this.pc.localDescription?.sdp ?? '', this.senders.get('microphone')?.mid);
  }

  /** @param {string} answer */
  async acceptRestart(answer) {
    await this.pc.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /**
   * Starts, replaces or (null) stops what a source sends; the server is not asked.
   * @param {SourceKind} kind @param {MediaStreamTrack|null} track
   */
  async publish(kind, track) {
    const sender = this.senders.get(kind)?.sender;
    if (!sender) {
      return;
    }
    this.wanted.set(kind, track);
    const video = track && VIDEO_HINTS[kind];
    if (video) {
      track.contentHint = video.hint;
      await this.configure(kind, track); // its first frame has the right size
    }
    if (this.wanted.get(kind) !== track) { // it was turned off, or another chosen, meanwhile
      return;
    }
    await sender.replaceTrack(track);
    if (video) {
      await this.configure(kind, track);
    }
  }

  /** The server says which sizes of a source somebody needs. @param {SourceKind} kind @param {string[]} active */
  async setLayers(kind, active) {
    this.needed.set(kind, new Set(active));
    await this.configure(kind, this.senders.get(kind)?.sender.track ?? null);
  }

  /** @param {SourceKind} kind @param {MediaStreamTrack|null} track */
  configure(kind, track) {
    this.changing = this.changing.then(() => this.applyHints(kind, track)).catch(() => undefined);
    return this.changing;
  }

  /** @param {SourceKind} kind @param {MediaStreamTrack|null} track */
  async applyHints(kind, track) {
    const sender = this.senders.get(kind)?.sender;
    if (!sender || !VIDEO_HINTS[kind]) {
      return;
    }
    const parameters = /** @type {any} */ (sender.getParameters());
    const encodings = parameters.encodings ?? [];
    parameters.degradationPreference = VIDEO_HINTS[kind].preference;
    if (encodings.length > 1) {
      shape(encodings, track?.getSettings() ?? {}, this.needed.get(kind) ?? null);
    } else if (encodings.length) {
      encodings[0].maxBitrate = VIDEO_HINTS[kind].bitrate;
    }
    // Firefox refuses degradationPreference before the first packet: then without it.
    await sender.setParameters(parameters).catch(() => {
      const again = /** @type {any} */ (sender.getParameters());
      again.encodings = encodings;
      return sender.setParameters(again).catch(() => undefined);
    });
  }

  /** The page has removed the document that its peer connection lived in: nothing revives it. */
  isGone() {
    return !this.closed && Boolean(this.realm?.ended);
  }

  close() {
    this.closed = true;
    this.pc.close();
    this.realm?.close();
  }
}
