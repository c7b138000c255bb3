// Notices that nothing arrives any more, seconds before the browser does: it waits five seconds or
// more before it calls a connection disconnected. The server sends a report every half second at
// least, also to who receives nothing else.

const LOOK = 250; // [ms] between two looks
const SILENT_BUSY = 800; // [ms] without a packet on a link that carried media, or over which something came all the time
const SILENT_QUIET = 1800; // [ms] without a packet on one that carried reports only: three are missing
const BUSY = 20000; // [bit/s] more than reports take
const STEADY = 8; // looks in a row that found something, as who sends is told many times a second how it arrives
const AGAIN = 4000; // [ms] silent is told again after this, as long as it is
const ASLEEP = 1500; // [ms] between two looks: the page was not run, nothing is known
const UNANSWERED = 2000; // [ms] the connection may be no more; else it was asleep, too

/** The last round trip of a pair, or where the browser does not tell it the average one [s]. @param {any} pair */
const roundTrip = ({ currentRoundTripTime, totalRoundTripTime, responsesReceived }) =>
  currentRoundTripTime || (responsesReceived > 0 ? totalRoundTripTime / responsesReceived : 0) || 0;

/**
 * What arrived over all pairs of a connection, whichever is in use [bytes], and the round trip of the
 * longest [ms].
 * @param {RTCPeerConnection} pc
 */
async function received(pc) {
  let bytes = 0;
  let rtt = 0;
  for (const s of /** @type {any} */ (await pc.getStats()).values()) {
    if (s.type === 'candidate-pair') {
      bytes += s.bytesReceived ?? 0;
      rtt = Math.max(rtt, roundTrip(s) * 1000);
    }
  }
  return { bytes, rtt };
}

/** Events: `silent`, and again while it lasts; `heard` after it. Ends with the connection. */
export class LinkWatch extends EventTarget {
  /** @param {RTCPeerConnection} pc @param {() => boolean} [isGone] nobody has closed it, and it answers no more */
  constructor(pc, isGone = () => false) {
    super();
    this.pc = pc;
    this.isGone = isGone;
    this.silent = false;
    this.bytes = 0;
    this.rtt = 0; // [ms]
    this.rate = 0; // [bit/s] lately
    this.row = 0; // looks in a row that found something
    this.ended = false; // that row
    this.looked = performance.now();
    this.heard = Infinity; // [ms] when something arrived last; nothing did yet
    this.told = 0; // [ms] when silence was told last
    this.next();
  }

  next() {
    setTimeout(() => this.look(), LOOK);
  }

  /** What is known, where it does not say: it may end at any moment. */
  received() {
    /** @type {Promise<{bytes: number, rtt: number}>} */
    const late = new Promise((done) => { setTimeout(() => done(this), UNANSWERED); });
    return Promise.race([received(this.pc).catch(() => this), late]);
  }

  async look() {
    const gone = this.isGone();
    if (this.pc.connectionState === 'closed' && !gone) {
      return;
    }
    const { bytes, rtt } = gone ? this : await this.received();
    const now = performance.now();
    this.heard = gone ? Math.min(this.heard, now) : this.heard;
    this.rtt = rtt || this.rtt;
    if (bytes > this.bytes) {
      this.arrived(now, bytes);
    } else if (now - this.looked > ASLEEP) {
      this.heard = Math.max(this.heard, now); // Infinity stays
    } else {
      this.missed(now);
    }
    this.bytes = bytes; // less when a pair is gone
    this.looked = now;
    this.next();
  }

  /** @param {number} now @param {number} bytes */
  arrived(now, bytes) {
    const rate = ((bytes - this.bytes) * 8000) / Math.max(1, now - this.looked);
    this.rate = this.rate * 0.7 + rate * 0.3;
    this.heard = now;
    this.row = this.ended ? 1 : this.row + 1;
    this.ended = false;
    if (this.silent) {
      this.silent = false;
      this.dispatchEvent(new Event('heard'));
    }
  }

  /** @param {number} now */
  missed(now) {
    this.ended = true;
    const patience = this.rate > BUSY || this.row >= STEADY ? SILENT_BUSY : SILENT_QUIET;
    if (now - this.heard >= patience && (!this.silent || now - this.told >= AGAIN)) {
      this.silent = true;
      this.told = now;
      this.dispatchEvent(new Event('silent'));
    }
  }
}
