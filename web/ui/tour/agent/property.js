// What an agent may show, out of the property of a tour, which is anybody's text: docs/api.md, "Properties".

import { webPictureOf } from '../../property.js';

/** @typedef {{kind: 'plan'|'photo', title: string, url: string}} Picture */

const TEXT_MOST = 128; // of a chapter's title, as the protocol has it [bytes]
const URL_MOST = 700; // a view is 1 KiB at most
const LIST_MOST = 60;

/** @param {any} list @returns {any[]} */
const listOf = (list) => (Array.isArray(list) ? list.slice(0, LIST_MOST) : []);

/** In one line, cut to what a chapter may have. @param {unknown} value */
export function lineOf(value) {
  let text = typeof value === 'string' ? value.replace(/[\p{Cc}\s]+/gu, ' ').trim() : '';
  const bytes = new TextEncoder();
  while (bytes.encode(text).length > TEXT_MOST) {
    text = [...text].slice(0, -1).join('');
  }
  return text;
}

/** Of this origin or by https, and not too long to be told, else ''. @param {unknown} value */
function pictureUrl(value) {
  const url = webPictureOf(value);
  return url.length <= URL_MOST ? url : '';
}

/** @param {any} property @returns {string[]} in the order of the walk, each once */
export const roomsOf = (property) => [...new Set(listOf(property?.rooms).map(lineOf).filter(Boolean))];

/** @param {any} list @param {'plan'|'photo'} kind @returns {Picture[]} */
const pictures = (list, kind) => listOf(list).map((p) => ({ kind, title: lineOf(p?.title), url: pictureUrl(p?.url) }))
  .filter((p) => p.url);

/** @param {any} property */
export const picturesOf = (property) => [...pictures(property?.plans, 'plan'), ...pictures(property?.photos, 'photo')];
