// Who is here, and how they are heard and seen.

import { el, icon } from '../dom.js';

/** @typedef {import('../../lib/types.js').Participant} Participant */

/** @param {Participant} person @param {string|undefined} me */
function nameOf(person, me) {
  const notes = [person.id === me && 'you', person.device && `device ${person.device}`].filter(Boolean);
  return notes.length > 0 ? `${person.name} (${notes.join(', ')})` : person.name;
}

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
  const role = person.host ? 'Host' : person.role === 'ops' ? 'Watching' : '';
  const state = person.link === 'lost' ? 'Reconnecting…' : role;
  return el('li', { 'data-participant': person.id },
    el('span', { class: 'name' }, nameOf(person, me)),
    el('span', { class: 'tag' }, state, ...tags));
}

/** @param {string} name @param {string} meaning */
function named(name, meaning) {
  return el('span', { title: meaning }, icon(name), el('span', { class: 'visually-hidden' }, meaning));
}

/** @param {Participant} person @param {(id: string) => void} admit @param {(id: string) => void} remove */
function waitingRow(person, admit, remove) {
  return el('li', { 'data-waiting': person.id },
    el('span', { class: 'name' }, person.name),
    el('span', { class: 'tag' }, person.link === 'lost' ? 'Reconnecting…' : '',
      el('button', { type: 'button', class: 'small', 'data-admit': person.id, onclick: () => admit(person.id) }, 'Admit'),
      el('button', { type: 'button', class: 'small', 'data-remove': person.id, 'aria-label': `Refuse ${person.name}`,
        onclick: () => remove(person.id) }, 'Refuse')));
}

export class People {
  /** @param {{admit: (ids?: string[]) => void, remove: (id: string) => void}} host what a host does with who waits */
  constructor(host) {
    this.host = host;
    this.heading = el('h2', {});
    this.list = el('ul');
    this.waiting = el('div', { class: 'waiting', hidden: true });
    this.node = el('aside', { class: 'people', 'aria-label': 'People', hidden: true },
      this.waiting, this.heading, this.list);
  }

  /** Hosts: who waits to be let in. @param {Participant[]} people */
  updateWaiting(people) {
    this.waiting.hidden = people.length === 0;
    this.waiting.replaceChildren(
      el('h2', {}, `Waiting (${people.length})`),
      el('ul', {}, ...people.map((p) => waitingRow(p, (id) => this.host.admit([id]), this.host.remove))),
      el('button', { type: 'button', 'data-admit': 'all', onclick: () => this.host.admit(), hidden: people.length < 2 },
        'Admit all'));
  }

  /** @param {Participant[]} roster @param {string|undefined} me */
  update(roster, me) {
    this.heading.textContent = `People (${roster.length})`;
    this.list.replaceChildren(...roster.map((p) => row(p, me)));
  }
}
