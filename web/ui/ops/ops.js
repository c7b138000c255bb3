// The recordings and what runs now: a list, and one of it open beside it, or on a phone in its place. The address says
// what is open, so that Back, a reload and a link lead to it.

import { html, nothing } from 'lit';
import { readLink } from '../link.js';
import { define, Part } from '../parts/element.js';
import { emptyState } from '../parts/empty_state.js';
import { icon } from '../parts/icon.js';
import { notice } from '../parts/notice.js';
import { t } from '../words/words.js';
import './library.js';
import { linkForm } from './link_form.js';
import { go, placeNow } from './place.js';
import { problemWords } from './problems.js';
import './recording.js';
import { ApiError, RecordingsApi } from './recordings_api.js';

/** @typedef {import('./place.js').Place} Place */
/** @typedef {import('./library.js').Library} Library */

export class Ops extends Part {
  static properties = { place: { state: true }, problem: { state: true }, page: { state: true }, refused: { state: true } };

  constructor() {
    super();
    const { token } = readLink();
    this.token = token;
    this.api = new RecordingsApi(token);
    this.place = placeNow();
    this.problem = '';
    this.refused = false; // the link is not accepted any more, in the middle of it all
    /** @type {import('./recordings_api.js').Page|null} the first page: none is shown before it is there */
    this.page = null;
  }

  connectedCallback() {
    super.connectedCallback();
    document.title = t('ops.page');
    this.listen(window, 'popstate', () => { this.place = placeNow(); });
    this.listen(window, 'hashchange', () => location.reload()); // another link
    this.listen(this, 'open', (e) => this.open(e.detail));
    this.listen(this, 'shut', () => this.open(''));
    this.listen(this, 'filters', (e) => this.filter(e.detail));
    this.listen(this, 'gone', () => this.gone());
    this.listen(this.api, 'refused', () => { this.refused = true; });
    this.load();
  }

  async load() {
    if (!this.token) {
      return;
    }
    this.problem = '';
    try {
      this.page = await this.api.list(this.place.filters);
    } catch (error) {
      this.problem = problemWords(error);
    }
  }

  /** @param {string} id '' shows the list alone */
  open(id) {
    if (id !== this.place.recording) {
      this.place = { ...this.place, recording: id, t: -1 };
      go(this.place, true);
    }
  }

  /** @param {import('./recordings_api.js').Filters} filters */
  filter(filters) {
    this.place = { ...placeNow(), filters };
    go(this.place);
  }

  /** What was open has been deleted. */
  gone() {
    this.open('');
    /** @type {Library|null} */ (this.querySelector('oriel-library'))?.refresh();
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    /** @type {Place|undefined} */
    const before = changed.get('place');
    if (before?.recording && !this.place.recording) { // the list again: where one was in it
      document.title = t('ops.page');
      /** @type {HTMLElement|null} */ (this.querySelector(`[data-recording="${before.recording}"] a`)
        ?? this.querySelector('oriel-library h1'))?.focus();
    }
  }

  /** The address has the moment, so that one is there again with another link. */
  keepMoment() {
    const open = /** @type {import('./recording.js').RecordingView|null} */ (this.querySelector('oriel-recording'));
    open && go({ ...this.place, t: open.now });
  }

  /** Nothing is lost: another link goes on where one is. */
  again() {
    return html`<div class="refused" role="alert"><p>${icon('warning')} <strong>${problemWords(new ApiError(this.api.refused, '', 401))}</strong></p>
      ${linkForm(() => this.keepMoment())}</div>`;
  }

  render() {
    if (!this.token) {
      return notice({ icon: 'link', title: t('ops.no_link.title'), text: t('ops.no_link.text'), more: linkForm() });
    }
    if (this.problem) {
      return this.refused ? notice({ icon: 'link', title: t('ops.failed.title'), text: this.problem, more: linkForm() })
        : notice({ icon: 'warning', title: t('ops.failed.title'), text: this.problem, action: { label: t('try_again'), run: () => this.load() } });
    }
    if (!this.page) {
      return notice({ title: t('ops.loading'), busy: true });
    }
    const { recording, t: at } = this.place;
    return html`<div class="ops" data-open=${recording ? 'yes' : 'no'}>${this.refused ? this.again() : nothing}
      <oriel-library .api=${this.api} .first=${this.page} .filters=${this.place.filters} .open=${recording}></oriel-library>
      <div class="beside">${recording
        ? html`<oriel-recording .api=${this.api} .id=${recording} .at=${at}></oriel-recording>`
        : html`<div class="nothing-open">${emptyState({ icon: 'play', title: t('ops.nothing_open.title'), text: t('ops.nothing_open.text') })}</div>`}</div></div>`;
  }
}

define('oriel-ops', Ops);
