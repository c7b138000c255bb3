// "Bea has joined", once for all that come in the same moment: a crowd is a number.

import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */

const TOGETHER_MS = 1500;

export class Arrivals {
  /** @param {TourModel} model */
  constructor(model) {
    this.model = model;
    this.known = new Set(model.people.map((p) => p.id));
    /** @type {Map<string, string>} names of who came, by id */
    this.came = new Map();
    /** @type {Set<string>} whose hands are up */
    this.hands = new Set(model.people.filter((p) => p.hand).map((p) => p.id));
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  look() {
    const { people, me } = this.model;
    const fresh = people.filter((p) => !this.known.has(p.id) && p.id !== me?.id);
    fresh.forEach((p) => this.came.set(p.id, p.name));
    this.known = new Set(people.map((p) => p.id));
    if (fresh.length > 0) {
      this.timer ??= setTimeout(() => this.say(), TOGETHER_MS);
    }
    const up = people.filter((p) => p.hand && p.id !== me?.id);
    up.filter((p) => !this.hands.has(p.id)).forEach((p) => this.model.say(t('agent.hand_up', { name: p.name })));
    this.hands = new Set(up.map((p) => p.id));
  }

  /** Who has gone again meanwhile is not told. */
  say() {
    this.timer = undefined;
    const names = [...this.came].filter(([id]) => this.known.has(id)).map(([, name]) => name);
    this.came.clear();
    if (names.length === 1) {
      this.model.say(t('agent.joined', { name: names[0] }));
    } else if (names.length > 1) {
      this.model.say(t('agent.joined_many', { n: names.length }));
    }
  }

  stop() {
    clearTimeout(this.timer);
  }
}
