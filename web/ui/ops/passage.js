// A passage of a recording as one marks it: times that people write, and what it is taken from, by whose it is.

import { t, told } from '../words/words.js';

/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {{label: string, ids: string[]}} Group tracks that are one to people */

/** "42", "0:42", "1:02:30.5" [s]; NaN: it is no time. @param {string} text */
export function secondsOf(text) {
  const match = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)$/.exec(text.trim());
  if (!match) {
    return NaN;
  }
  const [, hours = '0', minutes = '0', seconds] = match;
  const s = Number(seconds.replace(',', '.'));
  return (match[2] && s >= 60) || (match[1] && Number(minutes) >= 60) ? NaN : Number(hours) * 3600 + Number(minutes) * 60 + s;
}

const KINDS = ['camera', 'microphone', 'screen'];

/** Of whoever was deleted there is nothing to take out, and of what never sent neither. @param {Track} track */
const isThere = (track) => track.epochs.length > 0 && !track.erased;

/** The tour as shown, then each person with all that they sent. Tracks know names and no more: who have the same one are
 *  one here. @param {Recording} recording @returns {Group[]} */
export function groupsOf(recording) {
  /** @type {Map<string, Track[]>} */
  const people = new Map();
  for (const track of recording.tracks.filter((one) => isThere(one) && one.id !== 'programme')) {
    const name = track.participant || t(track.sealed ? 'ops.sealed' : 'ops.somebody');
    people.set(name, [...people.get(name) ?? [], track]);
  }
  const programme = recording.tracks.some((track) => track.id === 'programme' && isThere(track));
  return [...(programme ? [{ label: t('track.programme'), ids: ['programme'] }] : []),
    ...[...people].map(([name, tracks]) => ({ ids: tracks.map((track) => track.id),
      label: t('redact.tracks', { name, kinds: KINDS.filter((kind) => tracks.some((track) => track.kind === kind))
        .map((kind) => told('track', kind)).join(', ') }) }))];
}

/** Of these times, which lacks what; '' when it can be removed. @param {{from: number, to: number, length: number, chosen: number}} passage
 *  @returns {''|'time'|'length'|'order'|'what'} */
export function lackOf({ from, to, length, chosen }) {
  return Number.isNaN(from) || Number.isNaN(to) ? 'time' : from >= length ? 'length' : to <= from ? 'order' : chosen === 0 ? 'what' : '';
}
