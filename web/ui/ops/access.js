// Who looked at a recording, took it along, held or deleted it: what the audit log has of it, newest first.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { banner } from '../parts/banner.js';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { when } from '../words/format.js';
import { t, told } from '../words/words.js';
import { deedsOf, didPlay, isLook } from './acts.js';
import { problemWords } from './problems.js';

/** @typedef {import('./recordings_api.js').Act} Act */
/** @typedef {import('./acts.js').Deed} Deed */

/** @type {Record<string, string>} by the word before the dot, or all of it */
const SIGNS = { export: 'download', 'recording.export': 'download', 'recording.hold': 'hold', 'recording.release': 'unlock', 'recording.verify': 'proof',
  'recording.verified': 'proof' };
const DELETES = /shred|redact|sweep|remove/;

/** @param {Deed} deed */
function signOf(deed) {
  const [what] = deed.whats;
  return deed.refused ? 'warning' : isLook(deed) ? 'eye' : DELETES.test(what) ? 'trash' : SIGNS[what] ?? SIGNS[what.split('.')[0]] ?? 'eye';
}

/** @param {Deed} deed */
function textOf(deed) {
  const [what] = deed.whats;
  const done = deed.whats.length > 1 ? t(didPlay(deed) ? 'access.recording.play' : 'access.recording.get') : told('access', what) ?? what;
  return deed.refused ? t('access_tab.refused', { what: done }) : done;
}

export class Access extends Part {
  static properties = { api: { attribute: false }, recording: {}, acts: { state: true }, problem: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    this.recording = ''; // its number
    /** @type {Act[]} */
    this.acts = [];
    /** @type {string|null} */
    this.next = null;
    this.problem = '';
    this.damaged = false; // some of the log cannot be read
    this.busy = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.look();
  }

  /** A page of the log may have nothing of this recording, and another one behind it has. */
  async look() {
    this.busy = true;
    this.problem = '';
    try {
      const before = this.acts.length;
      do {
        const { records, next, damaged } = await this.api.access(this.recording, this.next);
        this.damaged = this.damaged || Boolean(damaged);
        this.acts = [...this.acts, ...records];
        this.next = next;
      } while (this.isConnected && this.next && this.acts.length === before);
    } catch (error) {
      this.problem = problemWords(error);
    }
    this.busy = false;
  }

  async more() {
    const shown = deedsOf(this.acts).length;
    await this.look();
    await this.updateComplete;
    /** @type {HTMLElement|undefined} */ (this.querySelectorAll('.acts li')[shown])?.focus();
  }

  /** @param {Deed} deed */
  row(deed) {
    const refused = deed.refused && told('ops_refused', deed.refused);
    return html`<li tabindex="-1" data-what=${deed.whats[0].replace(/[^a-z._]/g, '')}>${icon(signOf(deed))}
      <div><span>${textOf(deed)}${deed.count > 1 ? html` <span class="soft">${t('access_tab.times', { n: deed.count })}</span>` : nothing}</span>
        ${refused ? html`<span class="second need">${refused}</span>` : nothing}
        ${['recording.hold', 'recording.redact'].includes(deed.whats[0]) && deed.detail ? html`<span class="second" dir="auto">${deed.detail}</span>` : nothing}
        <span class="second soft"><bdi>${deed.who || t('ops.somebody')}</bdi> · ${when(deed.at)}</span></div></li>`;
  }

  render() {
    const deeds = deedsOf(this.acts);
    return html`<div class="proof"><p class="soft">${t('access_tab.text')}</p>
      ${this.damaged ? banner({ kind: 'need', text: t('access_tab.damaged') }) : nothing}
      ${deeds.length > 0 ? html`<ul class="acts">${repeat(deeds, (deed) => deed.key, (deed) => this.row(deed))}</ul>` : nothing}
      ${this.problem ? banner({ kind: 'lost', text: this.problem, action: { label: t('try_again'), run: () => this.look() } }) : nothing}
      ${this.busy ? html`<p class="soft" role="status">${t('ops.loading')}</p>` : deeds.length === 0 && !this.problem ? html`<p>${t('access_tab.none')}</p>` : nothing}
      ${this.next && !this.busy ? html`<button type="button" data-control="more-acts" @click=${() => this.more()}>${t('ops.more')}</button>` : nothing}</div>`;
  }
}

define('oriel-access', Access);
