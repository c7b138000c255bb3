// What people in recordings are called, of whom some have been deleted, and some cannot be named now.

import { t } from '../words/words.js';

const NAMES = 3;

/** @param {{name: string, hidden: string}} person */
export function nameOf({ name, hidden }) {
  switch (hidden) {
    case 'erased': return t('ops.erased');
    case 'sealed': return t('ops.sealed');
    default: return name || t('ops.somebody');
  }
}

/** "Ann, Bea and 3 more" @param {string[]} names */
export function namesOf(names) {
  const shown = names.slice(0, NAMES).join(', ');
  return names.length > NAMES ? t('ops.and_more', { names: shown, n: names.length - NAMES }) : shown;
}
