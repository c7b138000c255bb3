// What the list is asked for besides words: when, who, in which state. What is set stands above the list, each with a
// way to take it off.

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { day } from '../words/format.js';
import { t, told } from '../words/words.js';
import { set, STATES } from './place.js';

/** @typedef {import('./recordings_api.js').Filters} Filters */
/** @typedef {(filters: Filters) => void} Take */

/** Midnight here, as the instant that the server compares with. @param {string} date "2026-01-02" @param {number} days later */
function midnight(date, days) {
  const [y, m, d] = date.split('-').map(Number);
  const at = new Date(y, m - 1, d + days);
  return date && !Number.isNaN(at.getTime()) ? at.toISOString() : '';
}

/** The day of an instant, here. @param {string|undefined} instant @param {number} days earlier */
function dateOf(instant, days) {
  const at = new Date(instant ?? NaN);
  at.setDate(at.getDate() - days);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return Number.isNaN(at.getTime()) ? '' : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** @param {Filters} filters @param {Take} take */
export function filterForm(filters, take) {
  const value = (/** @type {Event} */ e) => /** @type {HTMLInputElement} */ (e.target).value;
  return html`<form class="filters" @submit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <label><span>${t('filter.from')}</span><input type="date" name="from" .value=${dateOf(filters.from, 0)}
      @change=${(/** @type {Event} */ e) => take(set({ ...filters, from: midnight(value(e), 0) }))} /></label>
    <label><span>${t('filter.to')}</span><input type="date" name="to" .value=${dateOf(filters.to, 1)}
      @change=${(/** @type {Event} */ e) => take(set({ ...filters, to: midnight(value(e), 1) }))} /></label>
    <label><span>${t('filter.person')}</span><input type="text" name="person" maxlength="128" autocomplete="off" .value=${filters.person ?? ''}
      @change=${(/** @type {Event} */ e) => take(set({ ...filters, person: value(e).trim() }))} /></label>
    <label><span>${t('filter.state')}</span><select name="state" @change=${(/** @type {Event} */ e) => take(set({ ...filters, state: value(e) }))}>
      <option value="" .selected=${!filters.state}>${t('filter.any_state')}</option>
      ${STATES.map((s) => html`<option value=${s} .selected=${s === filters.state}>${told('state', s)}</option>`)}</select></label>
  </form>`;
}

/** @param {string} key @param {string} value */
function textOf(key, value) {
  switch (key) {
    case 'from': return t('filter.chip.from', { day: day(value) });
    case 'to': return t('filter.chip.to', { day: day(new Date(Date.parse(value) - 1).toISOString()) });
    case 'state': return told('state', value) ?? value;
    case 'person': return t('filter.chip.person', { name: value });
    default: return t('filter.chip.q', { words: value });
  }
}

/** @param {Filters} filters @param {Take} take */
export function chips(filters, take) {
  const all = Object.entries(filters).filter(([, value]) => value);
  return all.length === 0 ? nothing : html`<ul class="chips" aria-label=${t('filter.active')}>${all.map(([key, value]) => html`
    <li><button type="button" data-chip=${key} aria-label=${t('filter.remove', { filter: textOf(key, value) })}
      @click=${() => take(set({ ...filters, [key]: '' }))}><span class="one-line" dir="auto">${textOf(key, value)}</span> ${icon('close')}</button></li>`)}</ul>`;
}
