// Something that holds for a while and that one should know: across the page, above what it is about.

import { html, nothing } from 'lit';
import { icon } from './icon.js';

const ICONS = { info: 'info', need: 'warning', lost: 'cut', good: 'check' };

/**
 * @param {object} b
 * @param {'info'|'need'|'lost'|'good'} [b.kind] `need`: you should act; `lost`: it does not work now
 * @param {string} b.text the fact, and the next step
 * @param {{label: string, run: () => void, id?: string}} [b.action]
 * @param {{label: string, run: () => void}} [b.other]
 * @param {() => void} [b.close] it can be put aside
 * @param {string} [b.closeLabel]
 */
export function banner({ kind = 'info', text, action, other, close, closeLabel = '' }) {
  return html`<div class="banner ${kind}" role=${kind === 'need' || kind === 'lost' ? 'alert' : 'status'}>
    ${icon(ICONS[kind])}<p>${text}</p>
    ${other ? html`<button type="button" @click=${other.run}>${other.label}</button>` : nothing}
    ${action ? html`<button type="button" data-control=${action.id ?? nothing} @click=${action.run}>${action.label}</button>` : nothing}
    ${close ? html`<button type="button" class="quiet" aria-label=${closeLabel} @click=${close}>${icon('close')}</button>` : nothing}
  </div>`;
}
