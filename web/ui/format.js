// Times, durations and sizes as people read them.

/** @param {number} ms */
export function duration(ms) {
  const s = Math.round(ms / 1000);
  const parts = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  const text = parts.map((p) => String(p).padStart(2, '0'));
  return parts[0] > 0 ? text.join(':') : text.slice(1).join(':');
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** @param {string} rfc3339 */
export function when(rfc3339) {
  const date = new Date(rfc3339);
  return Number.isNaN(date.getTime()) ? rfc3339
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** As recorder/catalogue.h names them. @type {Record<string, string>} */
const STATES = {
  recording: 'Recording now',
  complete: 'Complete',
  interrupted: 'Interrupted, recovered',
  damaged: 'Damaged',
  shredded: 'Deleted',
  waiting_for_store: 'Complete, not yet in the object store',
};

/** @param {string} state */
export function stateWords(state) {
  return STATES[state] ?? state;
}
