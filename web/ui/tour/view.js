// What is shown on the stage in place of the camera: a plan or a photograph, chosen by the host for all (`tour.view`)
// or by oneself. What comes from others is read with care: only pictures from here or by https.

import { html } from 'lit';
import { icon } from '../parts/icon.js';
import { webPictureOf } from '../property.js';
import { t } from '../words/words.js';

/** @typedef {import('./sights.js').Sight} Sight */

const TITLE = 128; // [letters]

/** What the hosts want all to see, as far as we understand it. @param {any} view @returns {Sight|null} */
export function readView(view) {
  const kind = view?.kind === 'plan' || view?.kind === 'photo' ? view.kind : null;
  const url = kind ? webPictureOf(view.url) : '';
  return url ? { kind, url, title: typeof view.title === 'string' ? view.title.slice(0, TITLE) : '' } : null;
}

/** A picture that cannot be had says so, and where it does not stand. @param {Event} event */
function onFailed(event) {
  /** @type {Element} */ (event.target).closest('.sight-view')?.classList.add('failed');
}

/** @param {Event} event */
function onLoaded(event) {
  /** @type {Element} */ (event.target).closest('.sight-view')?.classList.remove('failed');
}

/** @param {Sight} sight @param {() => void} back */
export const sightView = (sight, back) => html`<figure class="sight-view">
  <img src=${sight.url} alt=${sight.title || t(`view.${sight.kind}`)} @error=${onFailed} @load=${onLoaded} />
  <p class="unseen">${t('view.failed')}</p>
  <figcaption>${sight.title ? html`<span class="one-line">${sight.title}</span>` : ''}
    <button type="button" data-control="camera-view" @click=${back}>${icon('camera')}${t('view.back')}</button></figcaption>
</figure>`;
