// The list: what runs now, what is wrong, and all recordings, newest first, as far as they were asked for.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { banner } from '../parts/banner.js';
import { define, Part } from '../parts/element.js';
import { emptyState } from '../parts/empty_state.js';
import { icon } from '../parts/icon.js';
import '../parts/search_field.js';
import { timeOfDay } from '../words/format.js';
import { t, told } from '../words/words.js';
import { chips, filterForm } from './filters.js';
import { liveNow } from './live_now.js';
import { set } from './place.js';
import { problemWords } from './problems.js';
import { isGrowing } from './programme.js';
import { recordingRow } from './recording_row.js';

/** @typedef {import('./recordings_api.js').RecordingSummary} RecordingSummary */
/** @typedef {import('./recordings_api.js').Page} Page */
/** @typedef {import('./recordings_api.js').Filters} Filters */

const LOOK_MS = 15000; // what runs and what is wrong is looked at so often, while somebody looks
const MOST = 1000; // on a page of the server

/** It will be something else by itself. @param {RecordingSummary} r */
const isMoving = (r) => isGrowing(r) || r.state === 'waiting_for_store';

export class Library extends Part {
  static properties = { api: { attribute: false }, first: { attribute: false }, filters: { attribute: false }, open: {},
    recordings: { state: true }, problem: { state: true }, filtering: { state: true }, live: { state: true },
    alarms: { state: true }, deadline: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    /** @type {Page} */
    this.first = { recordings: [], next: null, previous: null };
    /** @type {Filters} */
    this.filters = {};
    this.open = '';
    /** @type {RecordingSummary[]} */
    this.recordings = [];
    /** @type {string|null} */
    this.next = null;
    this.problem = '';
    this.filtering = false;
    this.busy = false;
    /** @type {import('./recordings_api.js').Tour[]} */
    this.live = [];
    /** @type {string[]} */
    this.alarms = [];
    this.deadline = ''; // of tours that run, while the server is being emptied
    /** @type {object|null} the question whose answer is waited for */
    this.question = null;
    this.asked = ''; // the filters of what is shown
    /** @type {object|null} the last look, which a slower one does not overtake */
    this.looked = null;
    this.clock = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.asked = JSON.stringify(this.filters);
    this.recordings = this.first.recordings;
    this.next = this.first.next;
    this.filtering = Object.keys(this.filters).some((key) => key !== 'q');
    this.look();
    this.clock = Number(setInterval(() => document.visibilityState === 'visible' && this.look(), LOOK_MS));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.clock);
  }

  /** What runs, and what is wrong. What cannot be seen now is said, for it may be either. */
  async look() {
    if (this.api.refused) {
      return;
    }
    const looked = this.looked = {};
    const [live, condition, damaged] = await Promise.allSettled([this.api.running(), this.api.condition(),
      this.api.list({ state: 'damaged' }, null, 1)]);
    if (looked !== this.looked || this.api.refused) {
      return;
    }
    const before = this.live.map((tour) => tour.name).join();
    this.live = live.status === 'fulfilled' ? live.value : this.live;
    this.deadline = condition.status === 'fulfilled' ? condition.value.deadline : this.deadline;
    this.alarms = [...(condition.status === 'fulfilled' ? condition.value.alarms : []),
      ...(damaged.status === 'fulfilled' && damaged.value.recordings.length > 0 ? ['damaged'] : []),
      ...([live, condition, damaged].some((answer) => answer.status === 'rejected') ? ['unseen'] : [])];
    if (before !== this.live.map((tour) => tour.name).join() || this.recordings.some(isMoving)) {
      await this.keepUp();
    }
  }

  many() {
    return Math.min(MOST, Math.max(50, this.recordings.length));
  }

  /** What is shown goes on: a recording ends, another begins. Nobody asked, so nothing is said of it. */
  async keepUp() {
    const { question } = this;
    const page = this.recordings.length <= MOST && !this.busy ? await this.api.list(this.filters, null, this.many()).catch(() => null) : null;
    if (page && question === this.question && !this.busy) {
      this.recordings = page.recordings;
      this.next = page.next;
    }
  }

  /**
   * An answer that another question has overtaken is nobody's any more.
   * @param {Filters} filters @param {string|null} after @param {(page: Page) => void} take @param {number} [limit]
   */
  async ask(filters, after, take, limit) {
    const question = this.question = {};
    this.busy = true;
    try {
      const page = await this.api.list(filters, after, limit);
      if (question === this.question) {
        take(page);
        this.next = page.next;
        this.problem = '';
      }
    } catch (error) {
      this.problem = question === this.question ? problemWords(error) : this.problem;
    }
    this.busy = question === this.question ? false : this.busy;
  }

  /** Back may lead to another question. @param {Map<string, any>} changed */
  updated(changed) {
    if (changed.has('filters') && JSON.stringify(this.filters) !== this.asked) {
      this.filter(this.filters);
    }
  }

  /** @param {Filters} all */
  filter(all) {
    const filters = set(all);
    this.asked = JSON.stringify(filters);
    this.tell('filters', filters);
    return this.ask(filters, null, (page) => { this.recordings = page.recordings; });
  }

  /** As many as are shown, anew: one stays where one is in the list. */
  refresh() {
    this.look();
    return this.ask(this.filters, null, (page) => { this.recordings = page.recordings; },
      this.many());
  }

  async more() {
    const shown = this.recordings.length;
    await this.ask(this.filters, this.next, (page) => { this.recordings = [...this.recordings, ...page.recordings]; });
    await this.updateComplete;
    /** @type {HTMLElement|undefined} */ (this.querySelectorAll('.recordings a')[shown])?.focus();
  }

  alarmBanners() {
    return this.alarms.map((alarm) => banner({ kind: 'need', text: told('ops_alarm', alarm) ?? alarm,
      action: alarm === 'damaged' && this.filters.state !== 'damaged'
        ? { label: t('ops.show'), run: () => this.filter({ state: 'damaged' }) } : undefined }));
  }

  list() {
    const asked = Object.keys(this.filters).length > 0;
    if (this.recordings.length === 0) {
      return emptyState(asked ? { icon: 'search', title: t('ops.no_match.title'), text: t('ops.no_match.text'),
        action: { label: t('ops.clear_filters'), run: () => this.filter({}) } }
        : { icon: 'record', title: t('ops.none.title'), text: t('ops.none.text') });
    }
    return html`<ul class="recordings" aria-label=${t('ops.recordings')} aria-busy=${String(this.busy)}>
      ${repeat(this.recordings, (r) => r.id, (r) => recordingRow(r, { open: r.id === this.open, filters: this.filters,
        run: () => this.tell('open', r.id) }))}</ul>
      ${this.next ? html`<button type="button" class="wide" data-control="more" @click=${() => this.more()}>${t('ops.more')}</button>` : nothing}`;
  }

  render() {
    const others = Object.keys(this.filters).filter((key) => key !== 'q').length;
    return html`<div class="library">
      <header><h1 tabindex="-1">${t('ops.recordings')}</h1>
        <button type="button" class="quiet" data-control="refresh" aria-label=${t('ops.refresh')} title=${t('ops.refresh')}
          @click=${() => this.refresh()}>${icon('refresh')}</button></header>
      ${this.deadline ? banner({ text: t('ops.draining', { time: timeOfDay(this.deadline) }) }) : nothing}
      ${this.alarmBanners()}
      ${liveNow(this.live, this.api.token)}
      <div class="find">
        <oriel-search .label=${t('ops.search')} .hint=${t('ops.search_hint')} .value=${this.filters.q ?? ''}
          .found=${this.busy ? '' : t('ops.found', { n: this.recordings.length })}
          @search=${(/** @type {CustomEvent} */ e) => this.filter({ ...this.filters, q: e.detail })}></oriel-search>
        <button type="button" data-control="filter" aria-expanded=${String(this.filtering)} aria-controls="filters"
          @click=${() => { this.filtering = !this.filtering; }}>${icon('filter')} ${t('ops.filter')}${others ? html` <span class="count">${others}</span>` : nothing}</button>
      </div>
      <div id="filters" ?hidden=${!this.filtering}>${filterForm(this.filters, (filters) => this.filter(filters))}</div>
      ${chips(this.filters, (filters) => this.filter(filters))}
      ${this.problem ? banner({ kind: 'lost', text: this.problem, action: { label: t('try_again'), run: () => this.refresh() } }) : nothing}
      ${this.list()}
    </div>`;
  }
}

define('oriel-library', Library);
