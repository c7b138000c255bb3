// Times, durations and sizes as people read them: in the language of the page, and the manner of the reader's country.

import { spoken } from './words.js';

/** @param {string} tag Chromium may have "en-US@posix", which no Intl takes */
function isLocale(tag) {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** "en-GB" where that is the first English that the reader asks for; the page's language where he asks for none of it. */
export const locale = () => (globalThis.navigator?.languages ?? []).find((tag) => tag.toLowerCase().split('-')[0] === spoken() && isLocale(tag)) ?? spoken();

/** @param {number} n @param {Intl.NumberFormatOptions} [how] */
export const figure = (n, how) => n.toLocaleString(locale(), how);

/** "12:04", from an hour on "1:02:03". @param {number} seconds */
export function clock(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${two(minutes)}:${two(s % 60)}`;
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${figure(value, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${units[power]}`;
}

/** @param {string} rfc3339 @param {Intl.DateTimeFormatOptions} how */
function written(rfc3339, how) {
  const date = new Date(rfc3339);
  return Number.isNaN(date.getTime()) ? rfc3339 : date.toLocaleString(locale(), how);
}

/** Day and time. @param {string} rfc3339 */
export const when = (rfc3339) => written(rfc3339, { dateStyle: 'medium', timeStyle: 'short' });

/** @param {string} rfc3339 */
export const day = (rfc3339) => written(rfc3339, { dateStyle: 'medium' });

/** @param {string} rfc3339 */
export const timeOfDay = (rfc3339) => written(rfc3339, { timeStyle: 'short' });

const STEPS = /** @type {const} */ ([['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]]);

/** "in 12 minutes", "in 45 seconds", "in 2 hours": the largest that is more than one, so that it is never far off.
 *  @param {number} seconds */
export function until(seconds) {
  const [unit, size] = STEPS.find(([name, s]) => seconds >= (name === 'minute' ? 1 : 2) * s) ?? STEPS[3];
  return new Intl.RelativeTimeFormat(locale()).format(Math.max(1, unit === 'second' ? Math.ceil(seconds) : Math.floor(seconds / size)), unit);
}
