// Plans and photographs of the property, out of what a tour says of it, which is anybody's text: docs/api.md,
// "Properties". For who shows them to all and for who looks at them alone.

import { webPictureOf } from '../property.js';

/** @typedef {{kind: 'plan'|'photo', title: string, url: string}} Sight */

const TEXT_MOST = 128; // of a chapter's title and a view's, as the protocol has it [bytes]
const URL_MOST = 700; // a view is 1 KiB at most
const LIST_MOST = 60;

const bytes = new TextEncoder();

/** @param {unknown} list @returns {any[]} */
export const listOf = (list) => (Array.isArray(list) ? list.slice(0, LIST_MOST) : []);

/** In one line, cut to what a title may have. @param {unknown} value */
export function lineOf(value) {
  let letters = typeof value === 'string' ? [...value.replace(/[\p{Cc}\s]+/gu, ' ').trim()].slice(0, TEXT_MOST) : [];
  while (bytes.encode(letters.join('')).length > TEXT_MOST) {
    letters = letters.slice(0, -1);
  }
  return letters.join('');
}

/** @param {unknown} list @param {'plan'|'photo'} kind @returns {Sight[]} */
const read = (list, kind) => listOf(list).map((one) => ({ kind, title: lineOf(one?.title), url: webPictureOf(one?.url) }))
  .filter(({ url }) => url && url.length <= URL_MOST);

/** @param {any} property @returns {Sight[]} */
export const sightsOf = (property) => [...read(property?.plans, 'plan'), ...read(property?.photos, 'photo')];
