// One way to the server, tried out: a peer connection that is told of this way only.

import { preferCodec } from './session.js';
import { wait } from './pause.js';
import { showToken } from './show.js';

/** @typedef {import('./signal.js').Signal} Signal */
/** @typedef {'udp'|'tcp'|'turn'} Way */

const LOOK = 250; // [ms] between two looks
const WINDOW = 4; // looks of which a rate is made: browsers send in bursts
const MOST = 2_500_000; // [bit/s] what a camera takes

/** @param {string} sdp @param {Way} way */
function onlyBy(sdp, way) {
  const unwanted = { udp: / tcp /i, tcp: / udp /i, turn: / tcp /i }[way]; // relays reach us by UDP
  return sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:') || !unwanted.test(line)).join('\r\n');
}

export class PathTest {
  /**
   * @param {Signal} signal @param {{token: string, tour?: string, way: Way, iceServers?: RTCIceServer[]}} options
   */
  constructor(signal, { token, tour, way, iceServers = [] }) {
    this.signal = signal;
    this.fields = { token, tour };
    this.way = way;
    const relay = way === 'turn';
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: relay ? iceServers : [],
      iceTransportPolicy: relay ? 'relay' : 'all' });
  }

  /**
   * Sends the track, or, without one, shows what another sends.
   * @param {MediaStreamTrack} [track]
   * @returns {Promise<RTCIceServer[]>} STUN and TURN servers, as the server tells them
   */
  async open(track) {
    const transceiver = this.pc.addTransceiver(track ?? 'video', track
      ? { direction: 'sendonly', sendEncodings: [{ maxBitrate: MOST }] } : { direction: 'recvonly' });
    preferCodec(transceiver, 'video', 'vp8');
    await this.pc.setLocalDescription();
    const { mid } = transceiver;
    const offer = this.pc.localDescription?.sdp;
    const sources = track ? [{ mid, kind: 'camera' }] : [];
    const slots = track ? [] : [{ mid, kind: 'stage' }];
    const probed = await showToken(() => this.signal.request('probe', { ...this.fields, offer, sources, slots }));
    await this.pc.setRemoteDescription({ type: 'answer', sdp: onlyBy(probed.answer, this.way) });
    return probed.ice_servers ?? [];
  }

  /** Whether it gets through in time. @param {number} patience [ms] @returns {Promise<boolean>} */
  async connected(patience) {
    const { pc } = this;
    const over = () => ['connected', 'failed', 'closed'].includes(pc.connectionState);
    if (!over()) {
      await Promise.race([wait(patience), new Promise((done) => {
        pc.addEventListener('connectionstatechange', () => over() && done(undefined));
      })]);
    }
    return pc.connectionState === 'connected';
  }

  /** Bytes both ways, round trip [ms], and packets of what is shown. */
  async counts() {
    const all = [.../** @type {any} */ (await this.pc.getStats()).values()];
    const sum = (/** @type {string} */ type, /** @type {string} */ member) =>
      all.filter((s) => s.type === type).reduce((n, s) => n + (s[member] ?? 0), 0);
    const rtts = all.filter((s) => s.type === 'candidate-pair' && s.nominated).map((s) => s.currentRoundTripTime ?? 0);
    return { sent: sum('candidate-pair', 'bytesSent'), received: sum('candidate-pair', 'bytesReceived'),
      rttMs: Math.max(0, ...rtts) * 1000, packets: sum('inbound-rtp', 'packetsReceived'), lost: sum('inbound-rtp', 'packetsLost') };
  }

  close() {
    this.pc.close();
  }
}

/**
 * The largest rate over a window, or, where there were fewer looks, over them.
 * @param {number[]} bytes counted at each look @param {number[]} at [ms] @returns {number|null} [kbit/s]
 */
export function bestRate(bytes, at) {
  const window = Math.min(WINDOW, bytes.length - 1);
  const rates = bytes.slice(window).map((n, i) => ((n - bytes[i]) * 8) / (at[i + window] - at[i]));
  return window > 0 ? Math.round(Math.max(0, ...rates)) : null;
}

/**
 * What the way carries of what is sent to the server and back.
 * @param {PathTest} sender @param {PathTest} viewer @param {number} seconds
 */
export async function measure(sender, viewer, seconds) {
  const looks = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    await wait(LOOK);
    looks.push({ at: performance.now(), up: await sender.counts(), down: await viewer.counts() });
  }
  const at = looks.map((l) => l.at);
  const { packets = 0, lost = 0 } = looks[looks.length - 1]?.down ?? {};
  // The first round trips are those of the handshakes; a queue that was filled is not what the way takes.
  const rttMs = Math.round(Math.min(...looks.flatMap((l) => [l.up.rttMs, l.down.rttMs]).filter((ms) => ms > 0)));
  return {
    rttMs: Number.isFinite(rttMs) ? rttMs : null,
    lossPercent: packets + lost > 0 ? Math.round((1000 * Math.max(0, lost)) / (packets + lost)) / 10 : null,
    upKbps: bestRate(looks.map((l) => l.up.sent), at),
    downKbps: bestRate(looks.map((l) => l.down.received), at),
  };
}
