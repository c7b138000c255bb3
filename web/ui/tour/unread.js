// What was said since one looked last.

/** @typedef {import('./model.js').TourModel} TourModel */

const KINDS = ['chat', 'question', 'answer'];

export class Unread {
  constructor() {
    this.seen = -1; // the last number that was on the screen; before the first look all of it is old
    this.count = 0;
  }

  /** @param {TourModel} model @param {boolean} looking it is on the screen now */
  follow(model, looking) {
    const { ledger } = model.client;
    if (looking || this.seen < 0) {
      this.seen = ledger.seq;
    }
    this.count = ledger.entries.filter((e) => e.seq > this.seen && KINDS.includes(e.kind) && e.from !== model.me?.id).length;
  }
}
