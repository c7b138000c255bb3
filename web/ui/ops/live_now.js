// Tours that run now, what is wrong with one first, and a way to look in, which everybody in them sees.

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { timeOfDay } from '../words/format.js';
import { t, told } from '../words/words.js';

/** @typedef {import('./recordings_api.js').Tour} Tour */

/** @type {Record<string, {sign: string, as: string}>} `as`: of a recording's state, whose look it has */
const LOOKS = { failing: { sign: 'warning', as: 'failing' }, paused: { sign: 'pause', as: 'other' },
  recorded: { sign: 'record', as: 'recording' }, not_recorded: { sign: 'info', as: 'other' } };

/** @param {Tour} tour */
function recordingOf(tour) {
  return tour.recording_failing ? 'failing' : !tour.recording ? 'not_recorded' : tour.recording_paused ? 'paused' : 'recorded';
}

/** @param {Tour} tour */
function factsOf(tour) {
  const host = typeof tour.lead === 'string' && tour.lead ? tour.lead : '';
  return [host && t('live.with', { name: host }), tour.participants > 0 && t('live.people', { n: tour.participants }),
    tour.waiting > 0 && t('live.waiting', { n: tour.waiting }), tour.began_at && t('live.since', { time: timeOfDay(tour.began_at) })].filter(Boolean).join(' · ');
}

/** @param {Tour} tour @param {string} token */
function row(tour, token) {
  const recording = recordingOf(tour);
  const { sign, as } = LOOKS[recording];
  return html`<li data-tour=${tour.name}>
    <div class="about"><span class="address"><bdi>${tour.title || tour.name}</bdi></span>
      <span class="second soft">${factsOf(tour)}</span>
      <span class="state" data-state=${as}>${icon(sign)} ${told('live', recording)}</span></div>
    <a class="button" target="_blank" rel="noopener" href="/t/${encodeURIComponent(tour.name)}#${token}"
      aria-label=${t('live.watch_tour', { title: tour.title || tour.name })}>${icon('eye')} ${t('live.watch')}</a></li>`;
}

/** What fails first, then as they began. @param {Tour} a @param {Tour} b */
const order = (a, b) => Number(Boolean(b.recording_failing)) - Number(Boolean(a.recording_failing))
  || String(b.began_at ?? '').localeCompare(String(a.began_at ?? '')) || a.name.localeCompare(b.name);

/** @param {Tour[]} tours @param {string} token */
export const liveNow = (tours, token) => (tours.length === 0 ? nothing : html`<section class="live-now" aria-labelledby="live-now">
  <h2 id="live-now">${t('live.title')}</h2>
  <p class="second soft">${t('live.seen')}</p>
  <ul>${[...tours].sort(order).map((tour) => row(tour, token))}</ul></section>`);
