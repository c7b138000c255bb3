// How good the own connection is, looked at every few seconds; bad twice in a row before it is said.

/** @typedef {import('../../lib/types.js').Quality} Quality */
/** @typedef {import('../../lib/types.js').TourStats} TourStats */

const EVERY = 3000; // [ms]

/** Our own way, not that of who films: his loss is no matter of ours. @param {TourStats} stats @returns {Quality} */
function ownQuality({ link, sources, slots }) {
  const all = [link, ...sources, ...slots].map((s) => s.quality);
  return all.includes('poor') ? 'poor' : all.includes('fair') ? 'fair' : 'good';
}

export class QualityWatch {
  /** @param {(quality: Quality) => void} tell */
  constructor(tell) {
    this.tell = tell;
    /** @type {Quality} */
    this.last = 'good';
    /** @type {TourStats|null} for who looks closer */
    this.stats = null;
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  /** @param {import('../../lib/oriel.js').OrielClient} client */
  begin(client) {
    this.stop();
    this.timer = setInterval(() => this.look(client), EVERY);
  }

  /** @param {import('../../lib/oriel.js').OrielClient} client */
  async look(client) {
    this.stats = await client.stats().catch(() => null);
    const now = this.stats ? ownQuality(this.stats) : 'good';
    if (now === 'good' || this.last !== 'good') {
      this.tell(now);
    }
    this.last = now;
  }

  stop() {
    clearInterval(this.timer);
  }
}
