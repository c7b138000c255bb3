// What a person can do when sound and picture do not get through: told after a while, and taken back when they do. The
// browser goes on trying meanwhile.

import { html, nothing } from 'lit';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */

const PATIENCE = 10000; // [ms] the slowest way, a relay by TLS on a bad link, takes a few seconds

/** Where media goes, for whoever looks after a firewall. @param {string} answer */
function doors(answer) {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const [, protocol, address, port] of answer.matchAll(/^a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+)/gmi)) {
    const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    found.set(at, (found.get(at) ?? new Set()).add(protocol.toUpperCase()));
  }
  return [...found].map(([at, protocols]) => `${at} (${[...protocols].join(', ')})`).join(', ');
}

export class Advice extends EventTarget {
  constructor() {
    super();
    /** @type {TourModel|null} */
    this.model = null;
    /** @type {number|undefined} */
    this.timer = undefined;
    this.lived = false;
    /** @type {{reached: boolean, where: string}|null} what is said now */
    this.known = null;
  }

  /** @param {TourModel} model */
  follow(model) {
    this.model = model;
    if (model.link === 'live') {
      this.lived = true;
      this.stop();
    } else {
      this.timer ??= setTimeout(() => {
        this.look();
        this.dispatchEvent(new Event('changed'));
      }, PATIENCE);
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.known = null;
  }

  /** What is said is of that moment, and does not change while one reads it. */
  look() {
    const { signal, session } = /** @type {TourModel} */ (this.model).client;
    this.known = { reached: signal?.socket?.readyState === WebSocket.OPEN,
      where: doors(session?.pc.remoteDescription?.sdp ?? '') };
  }

  show() {
    if (!this.known) {
      return nothing;
    }
    const { reached, where } = this.known;
    return html`<aside class="advice" role="alert">
      <h2>${!reached || this.lived ? t('advice.interrupted') : t('advice.blocked')}</h2>
      <ul><li>${reached ? t('advice.other_network') : t('advice.online')}</li>
        <li>${t('advice.vpn')}</li>
        ${reached && where ? html`<li>${t('advice.firewall', { where })}</li>` : nothing}</ul>
      <p>${t('advice.stay')}</p></aside>`;
  }
}
