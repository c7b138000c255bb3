// What a person can do when sound and picture do not get through: told after a while, and taken back
// when they do. The browser goes on trying meanwhile.

import { el } from '../dom.js';

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */

const PATIENCE = 10000; // [ms] the slowest way, a relay by TLS on a bad link, takes a few seconds

/** Where media goes, for whoever looks after a firewall. @param {string} answer */
function doors(answer) {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const [, protocol, address, port] of answer.matchAll(/^a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+)/gmi)) {
    const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    found.set(at, (found.get(at) ?? new Set()).add(protocol.toUpperCase()));
  }
  return [...found].map(([at, protocols]) => `${at} (${[...protocols].join(' and ')})`).join(', ');
}

export class Advice {
  /** @param {OrielClient} client */
  constructor(client) {
    this.client = client;
    this.node = el('aside', { class: 'advice', role: 'alert', hidden: true });
    /** @type {number|undefined} */
    this.timer = undefined;
    this.lived = false;
    this.onLink('connecting');
  }

  /** @param {string} state of the link: 'live', or something else that is not */
  onLink(state) {
    if (state === 'live') {
      this.lived = true;
      this.stop();
      this.node.hidden = true;
    } else {
      this.timer ??= setTimeout(() => this.show(), PATIENCE);
    }
  }

  show() {
    const { signal, session } = this.client;
    const reached = signal?.socket?.readyState === WebSocket.OPEN;
    const where = doors(session?.pc.remoteDescription?.sdp ?? '');
    const title = !reached || this.lived
      ? 'The connection is interrupted'
      : 'Your network does not let sound and picture through';
    this.node.replaceChildren(
      el('h2', {}, title),
      el('ul', {},
        el('li', {}, reached ? 'Try another network, for example the hotspot of your phone.'
          : 'Check that you are online.'),
        el('li', {}, 'If you use a VPN, switch it off.'),
        reached && where !== '' && el('li', {}, `In an office, ask for a way out to ${where}.`)),
      el('p', {}, 'Stay here: the tour goes on by itself as soon as there is a way.'));
    this.node.hidden = false;
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
