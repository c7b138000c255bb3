// What was done with a recording, as people read it: what somebody looked at in one go is one thing.

/** @typedef {import('./recordings_api.js').Act} Act */
/** @typedef {{at: string, who: string, role: string, whats: string[], refused: string, detail: string, count: number, key: number}} Deed
 *    `whats`: the words of the log, newest first; `refused`: the code, '' when it was done */

/** Words of the log for looking: what opening a recording does by itself. */
const LOOKS = ['recording.get', 'recording.ticket', 'recording.ticket_revoke', 'recording.thumbnails', 'recording.waveform', 'recording.access',
  'recording.play', 'export.list'];
const TOGETHER_MS = 5 * 60000;

/** @param {Act} act @returns {Deed} */
const deedOf = (act) => ({ at: act.at, who: act.name || act.sub || '', role: act.role ?? '', whats: [act.what],
  refused: act.outcome === 'refused' ? act.code || 'refused' : '', detail: act.detail ?? '', count: act.count ?? 1, key: act.n });

/** @param {Deed} deed */
export const isLook = ({ whats, refused }) => !refused && LOOKS.includes(whats[0]);

/** @param {Act[]} acts newest first @returns {Deed[]} */
export function deedsOf(acts) {
  /** @type {Deed[]} */
  const deeds = [];
  for (const deed of acts.map(deedOf)) {
    const last = deeds.filter((one) => one.who === deed.who && isLook(one)).pop();
    if (last && isLook(deed) && Date.parse(last.at) - Date.parse(deed.at) < TOGETHER_MS) {
      last.whats = [...new Set([...last.whats, ...deed.whats])];
      last.count = 1; // of what would be said of all of them
    } else {
      deeds.push(deed);
    }
  }
  return deeds;
}

/** Whether any of it was played. @param {Deed} deed */
export const didPlay = ({ whats }) => whats.includes('recording.play');
