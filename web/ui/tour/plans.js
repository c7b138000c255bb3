// Plans and photographs of the property, for oneself: the host's own choice is in view.js.

import { html } from 'lit';
import { sightsOf } from './sights.js';
import { t } from '../words/words.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */

/** @param {TourModel} model */
export const hasPlans = (model) => sightsOf(model.tour?.property).length > 0;

/** @param {Live} live */
export function planPanel(live) {
  return html`<ul class="sights">${sightsOf(live.model?.tour?.property).map((sight) => html`<li><button type="button" class="sight"
    aria-pressed=${String(live.sight?.url === sight.url)} @click=${() => live.see(live.sight?.url === sight.url ? null : sight)}>
    <img src=${sight.url} alt="" loading="lazy" decoding="async" /><span>${sight.title || t(`view.${sight.kind}`)}</span></button></li>`)}</ul>`;
}
