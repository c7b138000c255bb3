// Plans and photographs of the property, for oneself: the host's own choice is in view.js.

import { html } from 'lit';
import { webPictureOf } from '../property.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {{kind: 'plan'|'photo', title: string, url: string}} Sight */

const MOST = 40;

/** @param {TourModel} model @returns {Sight[]} */
export function sightsOf(model) {
  const { property } = model.tour ?? {};
  /** @param {unknown} list @param {'plan'|'photo'} kind @returns {Sight[]} */
  const read = (list, kind) => (Array.isArray(list) ? list : []).slice(0, MOST).flatMap((one) => {
    const url = webPictureOf(one?.url);
    return url ? [{ kind, url, title: typeof one.title === 'string' ? one.title : '' }] : [];
  });
  return [...read(property?.plans, 'plan'), ...read(property?.photos, 'photo')];
}

/** @param {TourModel} model */
export const hasPlans = (model) => sightsOf(model).length > 0;

/** @param {Live} live */
export function planPanel(live) {
  const model = /** @type {TourModel} */ (live.model);
  return html`<ul class="sights">${sightsOf(model).map((sight) => html`<li><button type="button" class="sight"
    aria-pressed=${String(live.sight?.url === sight.url)} @click=${() => live.see(live.sight?.url === sight.url ? null : sight)}>
    <img src=${sight.url} alt="" loading="lazy" decoding="async" /><span>${sight.title}</span></button></li>`)}</ul>`;
}
