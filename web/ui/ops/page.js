// Operations: the list of recordings and the player.

import { el, notice, show, toast } from './dom.js';
import { clock, size, when } from '../words/format.js';
import { told } from '../words/words.js';
import { readLink } from '../link.js';
import { Player } from './player.js';
import { RecordingsApi } from './recordings_api.js';

/** @typedef {import('./recordings_api.js').RecordingSummary} RecordingSummary */
/** @typedef {import('./recordings_api.js').Page} Page */

const { token } = readLink();
const api = new RecordingsApi(token);

const TYPING_MS = 250; // the server is asked when nothing was typed for so long

class OpsPage {
  /** @param {Page} page */
  constructor(page) {
    this.recordings = page.recordings;
    this.next = page.next;
    this.words = '';
    /** @type {string|null} */
    this.open = null;
    this.typing = 0;
    this.renewal = 0;
    /** @type {object|null} the question whose answer is waited for */
    this.question = null;
    this.filter = el('input', { type: 'search', placeholder: 'Tour, title or person',
      maxlength: 128, oninput: () => this.typed() });
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

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.search(), TYPING_MS);
  }

  async search() {
    const words = this.filter.value.trim();
    await this.ask(words, null, (page) => {
      this.words = words;
      this.recordings = page.recordings;
    });
  }

  more() {
    return this.ask(this.words, this.next, (page) => {
      this.recordings = [...this.recordings, ...page.recordings];
    });
  }

  /**
   * An answer that another question has overtaken is nobody's any more.
   * @param {string} words @param {string|null} after @param {(page: Page) => void} take
   */
  async ask(words, after, take) {
    const question = this.question = {};
    try {
      const page = await api.list(words, after);
      if (question === this.question) {
        take(page);
        this.next = page.next;
        this.renderList();
      }
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    }
  }

  renderList() {
    if (this.recordings.length === 0) {
      this.list.replaceChildren(el('div', { class: 'empty' },
        el('h2', {}, this.words ? 'Nothing matches' : 'No recordings yet'),
        el('p', {}, this.words ? 'Try fewer or other words.'
          : 'A recording appears here as soon as a recorded tour begins.')));
      return;
    }
    this.list.replaceChildren(el('table', { class: 'table' },
      el('thead', {}, el('tr', {}, ...['Tour', 'Started', 'Length', 'Participants', 'Size', 'State']
        .map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, ...this.recordings.map((r) => this.row(r)))),
    ...(this.next ? [el('button', { type: 'button', 'data-control': 'more',
      onclick: () => this.more() }, 'Show more')] : []));
  }

  /** @param {RecordingSummary} r */
  row(r) {
    return el('tr', { 'data-recording': r.id, 'aria-current': r.id === this.open ? 'true' : null },
      el('td', {}, el('button', { class: 'link', type: 'button', onclick: () => this.play(r.id) },
        r.title || r.tour)),
      el('td', {}, when(r.started)),
      el('td', {}, clock(r.duration_ms / 1000)),
      el('td', {}, r.participants.join(', ')),
      el('td', {}, size(r.bytes)),
      el('td', { class: 'state' }, (told('state', r.state) ?? r.state)));
  }

  /**
   * Renewed at half time, so that one renewal may fail.
   * @param {string} id @param {number} seconds
   */
  keepUnlocked(id, seconds) {
    clearInterval(this.renewal);
    this.renewal = setInterval(() => api.unlock(id).catch(() => {}), seconds * 500);
  }

  /** @param {string} id */
  async play(id) {
    this.open = id;
    this.renderList();
    this.place.replaceChildren(el('div', { class: 'player' }, el('div', { class: 'spinner' })));
    try {
      const recording = await api.get(id);
      this.keepUnlocked(id, await api.unlock(id));
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
