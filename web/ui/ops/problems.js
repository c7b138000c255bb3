// What goes wrong here, in words, by its code.

import { t, told } from '../words/words.js';
import { ApiError } from './recordings_api.js';

/** @param {unknown} error */
export function problemWords(error) {
  const code = error instanceof ApiError ? error.code : '';
  return told('ops_refused', code) ?? told('link', code) ?? (code.startsWith('token_') ? t('link.token_invalid')
    : error instanceof Error && error.message ? error.message : t('failed'));
}
