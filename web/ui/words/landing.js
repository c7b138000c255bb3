// What the front door says besides what all pages do.

import en from './en_landing.js';

/** @type {import('./words.js').More} */
export const LANDING_WORDS = { en, others: { de: () => import('./de_landing.js') } };
