// The line above the stage: where we are, whether it is recorded, and what does not work now.

import { html, nothing } from 'lit';
import { recBadge } from '../parts/rec_badge.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */

/** @param {TourModel} model */
export function header(model) {
  const { tour } = model;
  const missed = model.isHost ? null : tour?.missed;
  return html`<header class="top">
    <h1 class="address one-line" tabindex="-1">${tour?.title || tour?.name || ''}</h1>
    <span role="status">${recBadge(model.recording)}</span>
    <span class="missed second soft" role="status">${missed ? t('tour.away', { name: missed }) : nothing}</span>
    <span class="link-state second soft" role="status">${model.link === 'live' ? nothing : t(`tour.${model.link}`)}</span>
  </header>`;
}
