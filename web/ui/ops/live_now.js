// Tours that run now, and a way to look in, which everybody in them sees.

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { timeOfDay } from '../words/format.js';
import { t } from '../words/words.js';

/** @typedef {import('./recordings_api.js').Tour} Tour */

/** @param {Tour} tour */
function factsOf(tour) {
  const host = typeof tour.lead === 'string' && tour.lead ? tour.lead : '';
  return [host && t('live.with', { name: host }), t('live.people', { n: tour.participants }),
    tour.began_at && t('live.since', { time: timeOfDay(tour.began_at) })].filter(Boolean).join(' · ');
}

/** @param {Tour} tour @param {string} token */
const row = (tour, token) => html`<li data-tour=${tour.name}>
  <div class="about"><span class="address"><bdi>${tour.title || tour.name}</bdi></span>
    <span class="second soft">${factsOf(tour)}</span>
    <span class="state" data-state=${tour.recording ? 'recording' : 'other'}>${icon(tour.recording ? 'record' : 'info')}
      ${t(tour.recording ? 'live.recorded' : 'live.not_recorded')}</span></div>
  <a class="button" target="_blank" rel="noopener" href="/t/${encodeURIComponent(tour.name)}#${token}"
    aria-label=${t('live.watch_tour', { title: tour.title || tour.name })}>${icon('eye')} ${t('live.watch')}</a></li>`;

/** @param {Tour[]} tours @param {string} token */
export const liveNow = (tours, token) => (tours.length === 0 ? nothing : html`<section class="live-now" aria-labelledby="live-now">
  <h2 id="live-now">${t('live.title')}</h2>
  <p class="second soft">${t('live.seen')}</p>
  <ul>${tours.map((tour) => row(tour, token))}</ul></section>`);
