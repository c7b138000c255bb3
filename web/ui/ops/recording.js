// One recording: the player, what was said beside it, and what one does with it. It reads everything once when it is
// opened, and while it is still being made now and then.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { notice } from '../parts/notice.js';
import { tabs } from '../parts/tabs.js';
import { clock, size, when } from '../words/format.js';
import { t } from '../words/words.js';
import './access.js';
import { consentTab } from './consent.js';
import { copy } from './copy.js';
import { linkOf } from './place.js';
import { namesOf } from './names.js';
import './player.js';
import { problemWords } from './problems.js';
import { find, isGrowing, peopleOf, saidIn } from './programme.js';
import './proof.js';
import { stateBadge } from './recording_row.js';
import './retention.js';
import './said.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./player.js').Player} Player */

const PICTURES_MS = 3000;
const PICTURES_TIMES = 40;
const GROWING_MS = 10000;

export class RecordingView extends Part {
  static properties = { api: { attribute: false }, id: {}, at: { type: Number }, recording: { state: true },
    problem: { state: true }, words: { state: true }, tab: { state: true }, now: { state: true }, pictures: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    this.id = '';
    this.at = -1;
    /** @type {Recording|null} */
    this.recording = null;
    this.problem = '';
    this.words = '';
    this.tab = 'consent';
    this.now = 0;
    /** @type {{number: number, t_ms: number}[]} */
    this.pictures = [];
    /** @type {number[]} */
    this.clocks = [];
    /** @type {import('./programme.js').Person[]} */
    this.people = [];
    /** @type {import('./programme.js').Said[]} */
    this.said = [];
    /** @type {import('./programme.js').Said[]} of these, what has the words that are looked for */
    this.hits = [];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  stop() {
    this.clocks.splice(0).forEach((clock) => clearTimeout(clock));
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('id')) {
      this.stop();
      Object.assign(this, { recording: null, problem: '', words: '', pictures: [], now: 0 });
      this.load(this.id);
    }
    if (changed.has('words') || changed.has('recording')) {
      this.hits = this.words ? find(this.said, this.words) : [];
    }
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    if (changed.has('recording') && this.recording && changed.get('recording')?.id !== this.recording.id) {
      /** @type {HTMLElement|null} */ (this.querySelector('h1'))?.focus();
      document.title = t('ops.page_of', { title: this.recording.title || this.recording.tour });
    }
    if (changed.has('at') && this.at >= 0 && this.recording) {
      this.seek(this.at);
    }
  }

  /** @param {string} id */
  async load(id) {
    try {
      const [recording, seconds] = await Promise.all([this.api.get(id), this.api.unlock(id).catch((error) => error)]);
      if (typeof seconds !== 'number' && recording.state !== 'shredded') {
        throw seconds;
      }
      if (id === this.id && this.isConnected) {
        this.stop(); // what an earlier reading of it had begun
        this.take(recording);
        recording.state !== 'shredded' && this.watch(seconds);
      }
    } catch (error) {
      this.problem = id === this.id ? problemWords(error) : this.problem;
    }
  }

  /** @param {number} seconds that it is unlocked for */
  watch(seconds) {
    this.keepUnlocked(seconds);
    this.lookForPictures(PICTURES_TIMES);
  }

  /** @param {Recording} recording */
  take(recording) {
    if (this.recording && isGrowing(this.recording) && !isGrowing(recording)) {
      this.later(PICTURES_MS, () => this.lookForPictures(PICTURES_TIMES)); // they are made of what is whole
    }
    if (this.recording && this.recording.redacted?.length !== recording.redacted?.length) {
      this.pictures = []; // what was made of it is gone, too, and is made again
    }
    this.recording = recording;
    this.people = peopleOf(recording);
    this.said = saidIn(recording, this.people);
    this.growing(recording);
  }

  /** Renewed at half time, so that one renewal may fail. @param {number} seconds */
  keepUnlocked(seconds) {
    this.later(seconds * 500, () => this.api.unlock(this.id).then((s) => this.keepUnlocked(s), () => this.keepUnlocked(seconds)));
  }

  /** What is being made grows; a question that found no answer is asked again. @param {Recording} recording */
  growing(recording) {
    if (isGrowing(recording)) {
      this.later(GROWING_MS, () => this.api.get(this.id).then((r) => this.take(r), () => this.growing(recording)));
    }
  }

  /** @param {number} times */
  async lookForPictures(times) {
    const list = await this.api.thumbnails(this.id).catch(() => null);
    this.pictures = list?.state === 'ready' ? list.thumbnails : [];
    if (list?.state === 'making' && times > 0) {
      this.later(PICTURES_MS, () => this.lookForPictures(times - 1));
    }
  }

  /** As long as this recording is open. @param {number} ms @param {() => void} run */
  later(ms, run) {
    const { id } = this;
    this.clocks.push(Number(setTimeout(() => id === this.id && this.isConnected && run(), ms)));
  }

  /** @param {number} s */
  seek(s) {
    /** @type {Player|null} */ (this.querySelector('oriel-player'))?.seek(s);
  }

  copyLink() {
    return copy(linkOf({ recording: this.id, t: this.now, filters: {} }), t('recording.link_copied', { time: clock(this.now) }));
  }

  back() {
    return html`<button type="button" class="quiet back" data-control="back" @click=${() => this.tell('shut')}>${icon('back')} ${t('ops.recordings')}</button>`;
  }

  /** @param {Recording} r */
  head(r) {
    return html`<header>${this.back()}
      <div class="title"><h1 tabindex="-1" class="address"><bdi>${r.title || r.tour}</bdi></h1>
        <p class="soft">${r.started ? when(r.started) : t('ops.unknown_time')} · <span class="figures">${clock(r.duration_ms / 1000)}</span> · ${size(r.bytes)}</p>
        <p class="who">${r.participants.length > 0 ? html`<bdi>${namesOf(r.participants)}</bdi>` : nothing} ${stateBadge(r)}</p></div>
      <button type="button" data-control="copy-link" @click=${() => this.copyLink()}>${icon('link')} ${t('recording.copy_link')}</button></header>`;
  }

  /** @param {Recording} r */
  more(r) {
    return tabs({ name: 'about', label: t('recording.about'), open: this.tab, choose: (id) => { this.tab = id; }, tabs: [
      { id: 'consent', label: t('consent.title'), content: () => consentTab(r, this.people, (s) => this.seek(s)) },
      { id: 'proof', label: t('proof.title'), content: () => html`<oriel-proof .api=${this.api} .recording=${r}></oriel-proof>` },
      { id: 'access', label: t('access_tab.title'), content: () => html`<oriel-access .api=${this.api} .recording=${r.id}></oriel-access>` },
      { id: 'retention', label: t('retention.title'), content: () => html`<oriel-retention .api=${this.api} .recording=${r}
        .people=${this.people} .now=${this.now} @changed=${() => this.load(this.id)}></oriel-retention>` }] });
  }

  render() {
    const r = this.recording;
    if (!r) {
      return this.problem ? html`<div class="alone">${this.back()}${notice({ icon: 'warning', title: t('recording.failed'), text: this.problem,
        action: { label: t('try_again'), run: () => { this.problem = ''; this.load(this.id); } } })}</div>`
        : html`<div class="alone">${this.back()}${notice({ title: t('recording.loading'), busy: true })}</div>`;
    }
    const { said } = this;
    const chapters = said.filter((s) => s.kind === 'chapter' && !s.hidden);
    return html`<article class="recording">${this.head(r)}
      ${r.state === 'shredded' ? html`<p class="soft">${t('recording.shredded')}</p>` : html`
      <oriel-player .api=${this.api} .recording=${r} .people=${this.people} .chapters=${chapters} .pictures=${this.pictures}
        .hits=${this.hits} .at=${this.at}
        @moment=${(/** @type {CustomEvent} */ e) => { this.now = e.detail; }}></oriel-player>
      <oriel-said .said=${said} .now=${this.now} .words=${this.words} @search=${(/** @type {CustomEvent} */ e) => { this.words = e.detail; }}
        @seek=${(/** @type {CustomEvent} */ e) => this.seek(e.detail)}></oriel-said>`}
      <div class="more">${this.more(r)}</div></article>`;
  }
}

define('oriel-recording', RecordingView);
