// What the tracks of a recording are called: by whose they are and what they show, and never two the same.

import { t, told } from '../words/words.js';

/** @typedef {import('./recordings_api.js').Track} Track */

/** @param {Track} track */
function labelOf(track) {
  if (track.id === 'programme') {
    return t('track.programme');
  }
  const kind = told('track', track.kind) ?? track.kind;
  const name = track.erased ? t('ops.erased') : track.participant || t('ops.somebody');
  return t('track.of', { name, kind });
}

/** @param {Track[]} tracks @returns {Map<string, string>} by id */
export function labelsOf(tracks) {
  const labels = new Map(tracks.map((track) => [track.id, labelOf(track)]));
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (const [id, label] of labels) {
    const n = (seen.get(label) ?? 0) + 1;
    seen.set(label, n);
    labels.set(id, n > 1 ? t('track.nth', { name: label, n }) : label);
  }
  return labels;
}
