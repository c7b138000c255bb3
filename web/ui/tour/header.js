// The line above the stage: where we are, whether it is recorded, how good the connection is, who is here, the way out.

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { qualitySign } from '../parts/quality.js';
import { recBadge } from '../parts/rec_badge.js';
import { titleOf } from '../property.js';
import { t } from '../words/words.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */

/** @param {Live} live @param {TourModel} model */
function peopleButton(live, model) {
  const n = model.people.length;
  return html`<button type="button" class="quiet count figures" data-control="people" aria-expanded=${String(live.shownTab === 'people')}
    aria-label=${t('people.title', { n })} @click=${() => live.toggle('people')}>${icon('people')}<span>${n}</span>${
    model.waiting.length > 0 ? html`<span class="badge">${model.waiting.length}</span>` : nothing}</button>`;
}

/** @param {Live} live */
export function header(live) {
  const model = /** @type {TourModel} */ (live.model);
  const { tour } = model;
  const room = model.chapters.at(-1)?.title ?? '';
  return html`<header class="top">
    <div class="where"><h1 class="address one-line" tabindex="-1"><bdi>${titleOf(tour)}</bdi></h1>
      ${room ? html`<p class="room-now second soft one-line"><bdi>${room}</bdi></p>` : nothing}</div>
    <span class="signs"><span role="status">${recBadge(model.recording, model.recordedSince, live.layout !== 'desk')}</span>
      ${qualitySign(live.quality)}</span>
    <span class="link-state visually-hidden" role="status">${model.link === 'live' ? nothing : t(`tour.${model.link}`)}</span>
    ${peopleButton(live, model)}
    ${live.layout === 'upright' ? html`<button type="button" class="quiet way-out" data-control="leave" @click=${() => live.desk.leave(live)}>${t('bar.leave')}</button>` : nothing}
  </header>`;
}
