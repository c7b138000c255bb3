// "Bea has joined", once for all that come in the same moment: a crowd is a number. And who raises a hand, and writes.

import { t } from '../../words/words.js';
import { isOwnDevice } from './own_device.js';

/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {import('../../../lib/types.js').Participant} Participant */

const TOGETHER_MS = 1500;
const BACK_MS = 30_000; // after a connection that was lost for all, they come back one by one

export class Arrivals {
  /** @param {TourModel} model */
  constructor(model) {
    this.model = model;
    this.known = new Set(model.people.map((p) => p.id));
    /** @type {Set<string>} who came and was not told yet */
    this.came = new Set();
    /** @type {Set<string>} whose hands are up */
    this.hands = new Set(model.people.filter((p) => p.hand).map((p) => p.id));
    /** who was here when our connection was lost, and until when their coming is no news */
    this.before = { names: new Set(model.people.map((p) => p.name)), until: 0 };
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  look() {
    const { people, me, link } = this.model;
    if (link === 'live' && Date.now() > this.before.until) {
      this.before.names = new Set(people.map((p) => p.name));
    } else if (link !== 'live') {
      this.before.until = Date.now() + BACK_MS;
    }
    people.filter((p) => !this.known.has(p.id) && p.id !== me?.id).forEach((p) => this.meet(p));
    this.known = new Set(people.map((p) => p.id));
    const up = people.filter((p) => p.hand && p.id !== me?.id);
    up.filter((p) => !this.hands.has(p.id)).forEach((p) => this.model.say(t('agent.hand_up', { name: p.name })));
    this.hands = new Set(up.map((p) => p.id));
  }

  /** @param {Participant} person */
  meet(person) {
    if (Date.now() > this.before.until || !this.before.names.has(person.name)) {
      this.came.add(person.id);
      this.timer ??= setTimeout(() => this.say(), TOGETHER_MS);
    }
  }

  /** Who has gone again meanwhile is not told. */
  say() {
    this.timer = undefined;
    const here = this.model.people.filter((p) => this.came.has(p.id));
    const others = here.filter((p) => !isOwnDevice(this.model, p)); // only now: our own number comes after it
    this.came.clear();
    if (here.length > others.length) {
      this.model.say(t('agent.own_device'));
    }
    if (others.length === 1) {
      this.model.say(t('agent.joined', { name: others[0].name }));
    } else if (others.length > 1) {
      this.model.say(t('agent.joined_many', { n: others.length }));
    }
  }

  stop() {
    clearTimeout(this.timer);
  }
}
