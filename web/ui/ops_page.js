// Operations: the list of recordings and the player.

import { el, notice, show } from './dom.js';
import { duration, size, stateWords, when } from './format.js';
import { readLink } from './link.js';
import { Player } from './player.js';
import { RecordingsApi } from './recordings_api.js';

/** @typedef {import('./recordings_api.js').RecordingSummary} RecordingSummary */

const { token } = readLink();
const api = new RecordingsApi(token);

class OpsPage {
  /** @param {RecordingSummary[]} recordings */
  constructor(recordings) {
    this.recordings = recordings;
    /** @type {string|null} */
    this.open = null;
    this.filter = el('input', { type: 'search', placeholder: 'Tour, title or person',
      oninput: () => this.renderList() });
    this.list = el('div');
    this.place = el('div');
  }

  render() {
    show(el('div', { class: 'ops' },
      el('header', {},
        el('div', {}, el('h1', {}, 'Recordings'),
          el('p', { class: 'soft small' }, 'Every recording is encrypted before it is stored.')),
        el('button', { type: 'button', onclick: load }, 'Refresh'),
        el('label', {}, el('span', {}, 'Find'), this.filter)),
      this.place, this.list));
    this.renderList();
  }

  matching() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.recordings.filter((r) => {
      const text = [r.tour, r.title, r.id, ...r.participants].join(' ').toLowerCase();
      return words.every((w) => text.includes(w));
    });
  }

  renderList() {
    const rows = this.matching();
    if (rows.length === 0) {
      this.list.replaceChildren(el('div', { class: 'empty' },
        this.recordings.length === 0
          ? el('h2', {}, 'No recordings yet')
          : el('h2', {}, 'Nothing matches'),
        el('p', {}, this.recordings.length === 0
          ? 'A recording appears here as soon as a recorded tour begins.'
          : 'Try fewer or other words.')));
      return;
    }
    this.list.replaceChildren(el('table', { class: 'table' },
      el('thead', {}, el('tr', {}, ...['Tour', 'Started', 'Length', 'Participants', 'Size', 'State']
        .map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, ...rows.map((r) => this.row(r)))));
  }

  /** @param {RecordingSummary} r */
  row(r) {
    return el('tr', { 'data-recording': r.id, 'aria-current': r.id === this.open ? 'true' : null },
      el('td', {}, el('button', { class: 'link', type: 'button', onclick: () => this.play(r.id) },
        r.title || r.tour)),
      el('td', {}, when(r.started)),
      el('td', {}, duration(r.duration_ms)),
      el('td', {}, r.participants.join(', ')),
      el('td', {}, size(r.bytes)),
      el('td', { class: 'state' }, stateWords(r.state)));
  }

  /** @param {string} id */
  async play(id) {
    this.open = id;
    this.renderList();
    this.place.replaceChildren(el('div', { class: 'player' }, el('div', { class: 'spinner' })));
    try {
      const recording = await api.get(id);
      await api.unlock(id);
      const player = new Player(api, recording);
      this.place.replaceChildren(player.node);
      player.node.scrollIntoView({ block: 'start' });
    } catch (error) {
      this.place.replaceChildren(el('p', { class: 'problem', role: 'alert' },
        error instanceof Error ? error.message : String(error)));
    }
  }
}

async function load() {
  if (!token) {
    notice({ title: 'This link is incomplete', text: 'Open the whole operations link, with everything after the # sign.' });
    return;
  }
  notice({ title: 'Loading recordings…', busy: true });
  try {
    new OpsPage(await api.list()).render();
  } catch (error) {
    notice({ title: 'The recordings cannot be shown',
      text: error instanceof Error ? error.message : String(error),
      action: { label: 'Try again', run: load } });
  }
}

load();
