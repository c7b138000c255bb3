// What the address carries: which recording is open, at which second, and what the list was asked for. The token is in
// the fragment, which no server and no log ever sees, and it is in no link that one copies.

/** @typedef {import('./recordings_api.js').Filters} Filters */
/** @typedef {{recording: string, t: number, filters: Filters}} Place `t` [s], -1: none */

const FILTERS = /** @type {const} */ (['q', 'person', 'state', 'from', 'to']);
export const STATES = ['complete', 'recording', 'interrupted', 'damaged', 'shredded'];

/** What is asked for at all, always in the same order. @param {Filters} filters @returns {Filters} */
export const set = (filters) => Object.fromEntries(FILTERS.map((key) => [key, filters[key] ?? '']).filter(([, value]) => value));

/** What nobody can be asked for is not asked for: addresses are written by hand, too. @param {string} key @param {string} value */
function askable(key, value) {
  return key === 'state' ? STATES.includes(value) : key === 'q' || key === 'person' || !Number.isNaN(Date.parse(value));
}

/** @returns {Place} */
export function placeNow() {
  const query = new URLSearchParams(location.search);
  const id = query.get('recording') ?? '';
  const t = Number(query.get('t') ?? NaN);
  return { recording: /^[0-9a-f]{32}$/.test(id) ? id : '', t: Number.isFinite(t) && t >= 0 ? t : -1,
    filters: set(Object.fromEntries(FILTERS.map((key) => [key, (query.get(key) ?? '').slice(0, 128)]).filter(([key, value]) => askable(key, value)))) };
}

/** @param {Place} place */
function queryOf({ recording, t, filters }) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  if (recording) {
    query.set('recording', recording);
    if (t >= 0) {
      query.set('t', String(Math.floor(t)));
    }
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}

/** For this page: with the fragment. @param {Place} place */
export const hrefOf = (place) => `${location.pathname}${queryOf(place)}${location.hash}`;

/** For others, who have a link of their own. @param {Place} place */
export const linkOf = (place) => `${location.origin}${location.pathname}${queryOf({ ...place, filters: {} })}`;

/** @param {Place} place @param {boolean} [step] `back` comes back to what was before */
export function go(place, step = false) {
  history[step ? 'pushState' : 'replaceState'](null, '', hrefOf(place));
}
