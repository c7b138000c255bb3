// What the recordings page says besides what all pages do.

import en from './en_ops.js';

/** @type {import('./words.js').More} */
export const OPS_WORDS = { en, others: { de: () => import('./de_ops.js') } };
