// What was said in the tour, in order and once, and what of it still holds.

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./types.js').Entry} Entry */

const KEPT_MOST = 1000; // entries; more than the server keeps by default

/**
 * Tells of each entry by the event `entry` of the client (Entry), of what was said before and while we were
 * away, too; `entrieslost` when some of that is gone. The tour's `view` and `pointer` follow the entries.
 */
export class Ledger {
  /** @param {OrielClient} client */
  constructor(client) {
    this.client = client;
    /** @type {Entry[]} what people read: chat, questions, answers, chapters; without what was taken back */
    this.entries = [];
    this.seq = 0; // of the last one we know
  }

  /** What a join or resume was answered. @param {any} message @param {boolean} anew by a join */
  enter({ entries = [], seq = 0, entries_lost: lost = false }, anew) {
    if (anew) {
      this.entries = [];
      this.seq = 0;
    }
    if (lost) {
      this.client.emit('entrieslost', undefined);
    }
    for (const entry of entries) {
      this.receive(entry);
    }
    this.seq = Math.max(this.seq, seq);
  }

  /** @param {Entry} entry */
  receive(entry) {
    if (entry.seq <= this.seq) {
      return;
    }
    this.seq = entry.seq;
    this.keep(entry);
    this.client.emit('entry', entry);
  }

  /** @param {Entry} entry */
  keep(entry) {
    const { tour } = this.client;
    if (entry.kind === 'retract') {
      this.entries = this.entries.filter((e) => e.seq !== entry.target);
    } else if (['chat', 'question', 'answer', 'chapter'].includes(entry.kind)) {
      this.entries = [...this.entries, entry].slice(-KEPT_MOST);
    } else if (tour && entry.kind === 'follow') {
      tour.view = entry.view ?? undefined;
    } else if (tour && entry.kind === 'pointer') {
      const { from, x, y, source } = entry;
      tour.pointer = x === undefined ? undefined : { from, x, y, source };
    }
  }
}
