// That nothing was changed, and what leaves us: how the recording is sealed, the key it is signed with, and films made
// of it.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { toast } from '../parts/toast.js';
import { size, when } from '../words/format.js';
import { t, told } from '../words/words.js';
import { copy } from './copy.js';
import { problemWords } from './problems.js';
import { isGrowing } from './programme.js';
import './verification.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Export} Export */

const LOOK_MS = 1000;

export class Proof extends Part {
  static properties = { api: { attribute: false }, recording: { attribute: false }, exports: { state: true }, signer: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    /** @type {Recording} */
    this.recording = /** @type {any} */ (null);
    /** @type {Export[]} */
    this.exports = [];
    /** @type {any} */
    this.signer = null;
    this.clock = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.api.signer().then((key) => { this.signer = key; }, () => {});
    this.look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.clock);
  }

  async look() {
    clearTimeout(this.clock);
    this.exports = await this.api.exports(this.recording.id).catch(() => this.exports);
    if (this.isConnected && this.exports.some((e) => e.state === 'waiting' || e.state === 'running')) {
      this.clock = Number(setTimeout(() => this.look(), LOOK_MS));
    }
  }

  /** @param {() => Promise<any>} run */
  async attempt(run) {
    try {
      await run();
    } catch (error) {
      toast(problemWords(error));
    }
    await this.look();
  }

  /** @param {Export} e */
  exportRow(e) {
    const name = told('export_layout', e.layout) ?? e.layout;
    const percent = Math.round((e.permille ?? 0) / 10);
    const busy = e.state === 'waiting' || e.state === 'running';
    const address = `/v1/recordings/${this.recording.id}/exports/${e.number}/media`;
    return html`<li data-export=${e.number} data-state=${e.state}><div class="about"><span>${name}</span>
      ${busy ? html`<progress max="100" value=${percent} aria-label=${t('export.progress', { name })}></progress>
        <span class="second soft figures">${t(e.state === 'waiting' ? 'export.waiting' : 'export.running', { percent })}</span>` : nothing}
      ${e.state === 'done' ? html`<span class="second soft">${e.created ? when(e.created) : ''} · ${size(e.bytes ?? 0)}</span>` : nothing}
      ${e.state === 'failed' ? html`<span class="second need">${icon('warning')} ${t('export.failed')}</span>` : nothing}</div>
      ${e.state === 'done' ? html`<a class="button" href=${address} download="${this.recording.title || this.recording.tour}.mp4">${icon('download')} ${t('export.download')}</a>` : nothing}
      <button type="button" class="quiet" aria-label=${t(busy ? 'export.cancel' : 'export.remove', { name })}
        @click=${() => this.attempt(() => this.api.removeExport(this.recording.id, e.number))}>${icon(busy ? 'close' : 'trash')}</button></li>`;
  }

  exportsPart() {
    const closed = !isGrowing(this.recording) && !['shredded', 'damaged'].includes(this.recording.state);
    const make = (/** @type {'faces'|'stage'} */ layout) => this.attempt(() => this.api.makeExport(this.recording.id, layout));
    return html`<h2>${t('export.title')}</h2>
      <p class="soft">${t(closed ? 'export.text' : 'export.not_yet')}</p>
      ${closed ? html`<div class="row"><button type="button" data-control="export-faces" @click=${() => make('faces')}>${icon('people')} ${t('export_layout.faces')}</button>
        <button type="button" data-control="export-stage" @click=${() => make('stage')}>${icon('screen')} ${t('export_layout.stage')}</button></div>` : nothing}
      ${this.exports.length > 0 ? html`<ul class="exports">${this.exports.map((e) => this.exportRow(e))}</ul>` : nothing}`;
  }

  render() {
    const { id } = this.recording;
    return html`<div class="proof"><oriel-verification .api=${this.api} .recording=${this.recording}></oriel-verification>
      <p class="soft">${t('proof.text')}</p>
      <dl class="facts"><div><dt>${t('proof.number')}</dt><dd><code>${id}</code>
          <button type="button" class="quiet" aria-label=${t('proof.copy_number')} @click=${() => copy(id, t('proof.copied'))}>${icon('copy')}</button></dd></div>
        ${this.signer?.kid ? html`<div><dt>${t('proof.key')}</dt><dd><code>${String(this.signer.kid)}</code>
          <button type="button" class="quiet" aria-label=${t('proof.copy_key')} @click=${() => copy(String(this.signer.pem ?? this.signer.kid), t('proof.copied'))}>${icon('copy')}</button></dd></div>` : nothing}
        <div><dt>${t('proof.command')}</dt><dd><code>oriel recordings verify ${id}</code>
          <button type="button" class="quiet" aria-label=${t('proof.copy_command')} @click=${() => copy(`oriel recordings verify ${id}`, t('proof.copied'))}>${icon('copy')}</button></dd></div></dl>
      ${this.exportsPart()}</div>`;
  }
}

define('oriel-proof', Proof);
