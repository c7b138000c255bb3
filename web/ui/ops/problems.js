// What goes wrong here, in words, by its code; what the server says of it is for programs.

import { t, told } from '../words/words.js';
import { ApiError } from './recordings_api.js';

/** @param {unknown} error */
export function problemWords(error) {
  const { code, status } = error instanceof ApiError ? error : { code: '', status: 0 };
  return told('ops_refused', code) ?? (status === 401 ? t('ops_refused.token') : status === 429 || status === 503 ? t('ops_refused.unavailable') : t('failed'));
}
