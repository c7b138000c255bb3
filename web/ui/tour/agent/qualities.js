// How well each of the others comes through to us: the worst of the slots that carry them.

/** @typedef {import('../../../lib/types.js').Quality} Quality */

const WORSE = /** @type {Quality[]} */ (['off', 'good', 'fair', 'poor']);

/** Where our own connection is the trouble, it is nobody else's.
 *  @param {import('../../../lib/types.js').TourStats|null} stats @returns {Map<string, Quality>} */
export function qualitiesOf(stats) {
  /** @type {Map<string, Quality>} */
  const found = new Map();
  if (stats?.link.quality !== 'good') {
    return found;
  }
  for (const { participant, quality } of stats.slots) {
    const before = found.get(participant ?? '') ?? 'off';
    if (participant && WORSE.indexOf(quality) > WORSE.indexOf(before)) {
      found.set(participant, quality);
    }
  }
  return found;
}
