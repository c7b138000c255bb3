// How well it goes: what the browser counts, by source, by slot and for the link, in words that people know.

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./types.js').Quality} Quality */
/** @typedef {import('./types.js').TourStats} TourStats */
/** @typedef {import('./types.js').LinkStats} LinkStats */
/** @typedef {import('./types.js').SourceStats} SourceStats */
/** @typedef {import('./types.js').SlotStats} SlotStats */

const LOSS = { fair: 2, poor: 8 }; // [%]
const RTT = { fair: 250, poor: 600 }; // [ms]
const FROZEN = { fair: 2, poor: 10 }; // [%] of the time

/** @param {number} value @param {{fair: number, poor: number}} from @returns {0|1|2} */
const grade = (value, { fair, poor }) => (value >= poor ? 2 : value >= fair ? 1 : 0);

/** @type {Quality[]} */
const WORDS = ['good', 'fair', 'poor'];

/** @param {number[]} grades @returns {Quality} */
const worst = (...grades) => WORDS[Math.max(...grades)];

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/**
 * Reads reports one after the other; rates and shares are those since the one before it, or since the
 * beginning.
 */
export class StatsReader {
  /** @param {import('./session.js').Session|null} of whose reports they are: each counts for itself */
  constructor(of) {
    this.of = of;
    /** @type {Map<string, any>} the reports before, by id */
    this.before = new Map();
  }

  /**
   * @param {Map<string, any>} report of getStats()
   * @param {{senders: Map<import('./types.js').SourceKind, {mid: string|null}>, slots: Iterable<import('./types.js').Slot>,
   *   down?: boolean}} what down: nothing comes in now, whatever the last round trip was
   * @returns {TourStats}
   */
  read(report, { senders, slots, down = false }) {
    const all = [...report.values()];
    const link = this.link(report, all, down);
    const sources = [...senders].map(([kind, { mid }]) => this.source(all, kind, mid, link));
    const shown = [...slots].map((slot) => this.slot(all, slot, link));
    this.before = new Map(all.map((s) => [s.id, s]));
    const words = [link, ...sources, ...shown].map((s) => WORDS.indexOf(s.quality)); // 'off' is none of them
    return { quality: worst(0, ...words), link, sources, slots: shown };
  }

  /** What was counted since the report before. @param {any} now @param {string} member @returns {number} */
  since(now, member) {
    const was = this.before.get(now?.id)?.[member] ?? 0;
    return Math.max(0, (now?.[member] ?? 0) - was);
  }

  /** @param {any} now @param {string} member [bytes] @returns {number} [kbit/s] */
  rate(now, member) {
    const was = this.before.get(now?.id);
    const ms = was ? now.timestamp - was.timestamp : 0;
    return ms > 0 ? round((this.since(now, member) * 8) / ms) : 0;
  }

  /** @param {Map<string, any>} report @param {any[]} all @param {boolean} down @returns {LinkStats} */
  link(report, all, down) {
    const transport = all.find((s) => s.type === 'transport');
    const pair = report.get(transport?.selectedCandidatePairId)
      ?? all.find((s) => s.type === 'candidate-pair' && (s.selected || (s.nominated && s.state === 'succeeded')));
    if (!pair) {
      return { quality: 'off', rttMs: 0, upKbps: 0, downKbps: 0, protocol: null, relay: false };
    }
    const local = report.get(pair.localCandidateId);
    const rttMs = round((pair.currentRoundTripTime ?? 0) * 1000);
    return { quality: worst(down ? 2 : grade(rttMs, RTT)), rttMs, upKbps: this.rate(pair, 'bytesSent'),
      downKbps: this.rate(pair, 'bytesReceived'), protocol: local?.relayProtocol ?? local?.protocol ?? null,
      relay: local?.candidateType === 'relay' };
  }

  /**
   * @param {any[]} all @param {import('./types.js').SourceKind} kind @param {string|null} mid @param {LinkStats} link
   * @returns {SourceStats}
   */
  source(all, kind, mid, link) {
    const streams = all.filter((s) => s.type === 'outbound-rtp' && s.mid === mid);
    const kbps = round(streams.reduce((sum, s) => sum + this.rate(s, 'bytesSent'), 0));
    const sent = streams.reduce((sum, s) => sum + this.since(s, 'bytesSent'), 0);
    const largest = streams.reduce((a, b) => ((b.frameHeight ?? 0) > (a?.frameHeight ?? 0) ? b : a), streams[0]);
    const heard = all.filter((s) => s.type === 'remote-inbound-rtp' && streams.some((o) => o.id === s.localId));
    const lossPercent = round(100 * Math.max(0, ...heard.map((s) => s.fractionLost ?? 0)));
    const rttMs = round(1000 * Math.max(0, ...heard.map((s) => s.roundTripTime ?? 0))) || link.rttMs;
    const limited = largest?.qualityLimitationReason ?? 'none';
    const quality = sent === 0 ? 'off' : worst(grade(lossPercent, LOSS), grade(rttMs, RTT), limited === 'none' ? 0 : 1);
    return { kind, quality, kbps, rttMs, lossPercent, width: largest?.frameWidth ?? 0, height: largest?.frameHeight ?? 0,
      fps: largest?.framesPerSecond ?? 0, limited };
  }

  /** @param {any[]} all @param {import('./types.js').Slot} slot @param {LinkStats} link @returns {SlotStats} */
  slot(all, slot, link) {
    const { mid, kind, participant, source } = slot;
    const s = all.find((r) => r.type === 'inbound-rtp' && r.mid === mid);
    const kbps = this.rate(s, 'bytesReceived');
    const lost = this.since(s, 'packetsLost');
    const packets = lost + this.since(s, 'packetsReceived');
    const lossPercent = packets > 0 ? round((100 * lost) / packets) : 0;
    const frozenMs = round(this.since(s, 'totalFreezesDuration') * 1000);
    const passed = s ? s.timestamp - (this.before.get(s.id)?.timestamp ?? s.timestamp) : 0; // [ms]
    const frozen = passed > 0 ? (100 * frozenMs) / passed : 0;
    const grades = [grade(lossPercent, LOSS), grade(link.rttMs, RTT), grade(frozen, FROZEN), slot.paused ? 2 : 0];
    return { mid, kind, participant, source, quality: participant === null ? 'off' : worst(...grades), kbps, lossPercent,
      jitterMs: round((s?.jitter ?? 0) * 1000), width: s?.frameWidth ?? 0, height: s?.frameHeight ?? 0,
      fps: s?.framesPerSecond ?? 0, frozenMs };
  }
}
