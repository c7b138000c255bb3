// Who is here, and how they are heard and seen.

import { el, icon } from './dom.js';

/** @typedef {import('../lib/types.js').Participant} Participant */

/** @param {Participant} person @param {string|undefined} me */
function row(person, me) {
  const tags = [];
  if (person.sources?.screen === 'on') {
    tags.push(named('screen', 'sharing the screen'));
  }
  if (person.sources?.camera === 'on') {
    tags.push(named('camera', 'camera on'));
  }
  if (person.sources?.microphone === 'on') {
    tags.push(named('microphone', 'microphone on'));
  } else {
    tags.push(named('microphone-off', 'microphone off'));
  }
  const role = person.host ? 'Host' : '';
  const state = person.link === 'lost' ? 'Reconnecting…' : role;
  return el('li', { 'data-participant': person.id },
    el('span', { class: 'name' }, person.id === me ? `${person.name} (you)` : person.name),
    el('span', { class: 'tag' }, state, ...tags));
}

/** @param {string} name @param {string} meaning */
function named(name, meaning) {
  return el('span', { title: meaning }, icon(name), el('span', { class: 'visually-hidden' }, meaning));
}

export class People {
  constructor() {
    this.heading = el('h2', {});
    this.list = el('ul');
    this.node = el('aside', { class: 'people', 'aria-label': 'People', hidden: true }, this.heading, this.list);
  }

  /** @param {Participant[]} roster @param {string|undefined} me */
  update(roster, me) {
    this.heading.textContent = `People (${roster.length})`;
    this.list.replaceChildren(...roster.map((p) => row(p, me)));
  }
}
