// What was found of a connection, in one code, one line and one piece of advice.

/** @typedef {import('./types.js').Verdict} Verdict */
/** @typedef {import('./types.js').Cause} Cause */
/**
 * @typedef {object} Findings
 * @property {string} code of what went wrong before the ways were tried; '' = nothing
 * @property {boolean|null} udp null: not tried
 * @property {boolean|null} tcp
 * @property {boolean|null} turn
 * @property {number|null} rttMs
 * @property {number|null} lossPercent
 * @property {number|null} downKbps
 * @property {number|null} upKbps
 */

const NARROW = 300; // [kbit/s] below it a picture of a face is a slide show
const LOSSY = 8; // [%]
const FAR = 600; // [ms]

/** What each cause means for people, and what to do. @type {Record<Cause, string>} */
const ADVICE = {
  good: '',
  udp_blocked: 'The tour works. It is smoother by UDP: in an office, ask for a way out by UDP to the ports of the tour.',
  relay_only: 'The tour works by a relay. In an office, ask for a direct way out to the ports of the tour.',
  narrow_up: 'You can watch and listen. To be seen well, use another network or stop other uploads.',
  narrow: 'Use another network, for example a cable or the hotspot of your phone, and stop other downloads.',
  lossy: 'Go nearer to the access point, use a cable, or another network.',
  far: 'If you use a VPN, switch it off. Satellite links answer late, whatever you do.',
  media_blocked: 'Your network does not let sound and picture through. Try another network, for example the hotspot of your phone; '
    + 'if you use a VPN, switch it off; in an office, ask for a way out to the ports of the tour.',
  websocket_blocked: 'Something on the way, a proxy or a virus scanner, lets the page through and not the WebSocket of the tour: '
    + 'try another network, or switch it off for this site. On a page of another site, the server must name that in origins.',
  unreachable: 'The server does not answer. Check your internet connection, and the address.',
  offline: 'This device is not online. Check Wi-Fi or mobile data.',
  no_webrtc: 'This browser cannot do video calls. Use a current Chrome, Edge, Firefox or Safari.',
  token: 'The link is not accepted. Copy the whole link from the invitation, or ask for a new one.',
  not_allowed: 'You may not enter this tour.',
  busy: 'The server has too much to do. Try again in a minute.',
  no_answer: 'The server answered nothing that the browser understands. Load the page again.',
};

/** @type {Record<string, Cause>} what else than a token can be refused */
const CAUSES = {
  offline: 'offline', no_webrtc: 'no_webrtc', websocket_blocked: 'websocket_blocked', unreachable: 'unreachable',
  server_full: 'busy', server_overloaded: 'busy', draining: 'busy', rate_limited: 'busy', internal: 'busy', token_attempts: 'busy',
  token_keys_unavailable: 'busy', removed: 'not_allowed', forbidden: 'not_allowed', connection_lost: 'unreachable',
  timeout: 'unreachable',
};

/** @param {string} code @returns {Cause} */
function causeOfCode(code) {
  if (Object.hasOwn(CAUSES, code)) {
    return CAUSES[code];
  }
  return code.startsWith('token_') ? 'token' : 'no_answer';
}

/** Without what was not measured. @param {Findings} f @returns {{upKbps?: number, downKbps?: number}} */
const known = (f) => Object.fromEntries(Object.entries(f).filter(([, value]) => value !== null));

/** @param {Findings} f @returns {Cause} */
function causeOf(f) {
  if (f.code !== '') {
    return causeOfCode(f.code);
  }
  if (!f.udp && !f.tcp && !f.turn) {
    return 'media_blocked';
  }
  if ((f.lossPercent ?? 0) >= LOSSY) {
    return 'lossy';
  }
  if ((f.rttMs ?? 0) >= FAR) {
    return 'far';
  }
  const { upKbps = Infinity, downKbps = Infinity } = known(f);
  if (upKbps < NARROW) { // what comes back is no more than what went out
    return downKbps < NARROW / 2 ? 'narrow' : 'narrow_up';
  }
  if (downKbps < NARROW) {
    return 'narrow';
  }
  return f.udp ? 'good' : f.tcp ? 'udp_blocked' : 'relay_only';
}

/** @param {Findings} f what is known of the ways */
function waysOf({ udp, tcp, turn }) {
  if (udp) {
    return 'UDP works';
  }
  const works = tcp ? 'TCP works' : turn ? 'a relay works' : 'TCP blocked';
  return `UDP blocked, ${works}`;
}

/** @param {number} kbps */
const rate = (kbps) => (kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${kbps} kbit/s`);

/** @param {Findings} f @param {Cause} cause */
function lineOf(f, cause) {
  if (f.code !== '') {
    return ADVICE[cause];
  }
  return [waysOf(f), f.rttMs !== null && `${f.rttMs} ms`, f.downKbps !== null && `${rate(f.downKbps)} down`,
    f.upKbps !== null && `${rate(f.upKbps)} up`, (f.lossPercent ?? 0) >= 1 && `${f.lossPercent} % lost`].filter(Boolean).join(', ');
}

const OK = ['good', 'udp_blocked', 'relay_only', 'narrow_up'];

/** @param {Findings} found @returns {Verdict} */
export function verdict(found) {
  const cause = causeOf(found);
  const { code, ...measured } = found;
  return { ok: OK.includes(cause), cause, code: code || null, text: lineOf(found, cause), advice: ADVICE[cause], ...measured };
}
