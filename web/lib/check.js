// Before joining: which ways to the server work, how good the best one is, and what to do if none does.

import { OrielError, codeOf } from './errors.js';
import { wait } from './pause.js';
import { PathTest, measure } from './path_test.js';
import { Signal } from './signal.js';
import { TestPicture } from './test_picture.js';
import { verdict } from './verdict.js';

/** @typedef {import('./types.js').CheckOptions} CheckOptions */
/** @typedef {import('./types.js').Verdict} Verdict */
/** @typedef {import('./path_test.js').Way} Way */
/** @typedef {import('./verdict.js').Findings} Findings */

const SECONDS = 4;
const PATIENCE = 6000; // [ms] for a way to be found

/**
 * Tries out the network over the ports of the tour, without joining it: nobody is told of it. Resolves with a
 * verdict whatever is found, and never rejects.
 * @param {CheckOptions} options
 * @returns {Promise<Verdict>}
 */
export async function checkConnection({ url, token, tour, seconds = SECONDS, patience = PATIENCE }) {
  /** @type {Findings} */
  const found = { code: '', udp: null, tcp: null, turn: null, rttMs: null, lossPercent: null, downKbps: null, upKbps: null };
  const signal = new Signal(url);
  /** @type {PathTest[]} */
  const tests = [];
  try {
    if (!globalThis.RTCPeerConnection) {
      throw new OrielError('no_webrtc', 'This browser has no WebRTC.');
    }
    await openSignal(signal, patience);
    /** @param {Way} way @param {RTCIceServer[]} [iceServers] */
    const test = (way, iceServers) => {
      const one = new PathTest(signal, { token, tour, way, iceServers });
      tests.push(one);
      return one;
    };
    const iceServers = await test('udp').open();
    await test('tcp').open();
    if (iceServers.length > 0) {
      await test('turn', iceServers).open();
    }
    await Promise.all(tests.map(async (one) => { found[one.way] = await one.connected(patience); }));
    const best = tests.find((one) => found[one.way]);
    if (best) {
      tests.filter((one) => one !== best).forEach((one) => one.close()); // or each would be sent a picture
      Object.assign(found, await bandwidth(best, test(best.way, iceServers), { seconds, patience }));
    }
  } catch (error) {
    found.code = codeOf(error) || 'failed';
  }
  tests.forEach((one) => one.close());
  signal.close();
  return verdict(found);
}

/** @param {Signal} signal @param {number} patience [ms] */
async function openSignal(signal, patience) {
  if (globalThis.navigator?.onLine === false) {
    throw new OrielError('offline', 'This device is not online.');
  }
  try {
    await signal.open(patience);
  } catch {
    // The same server by plain HTTPS: when that answers it is the WebSocket that something on the way refuses.
    const site = new URL(signal.url.replace(/^ws/, 'http'));
    const late = wait(patience).then(() => { throw new Error('late'); });
    const reached = await Promise.race([fetch(site.origin, { mode: 'no-cors', cache: 'no-store' }), late])
      .then(() => true, () => false);
    throw new OrielError(reached ? 'websocket_blocked' : 'unreachable', 'The server cannot be reached.');
  }
}

/** @param {PathTest} viewer @param {PathTest} sender @param {{seconds: number, patience: number}} how */
async function bandwidth(viewer, sender, { seconds, patience }) {
  if (document.visibilityState === 'hidden') { // its timers sleep: what it would measure is that
    return {};
  }
  const picture = new TestPicture();
  try {
    await sender.open(picture.track);
    const sends = await sender.connected(patience); // else all that is known is that the way is there
    return sends ? await measure(sender, viewer, seconds) : {};
  } finally {
    picture.close();
  }
}
