// To the clipboard, and says so; a page that was not sent by https has none.

import { toast } from '../parts/toast.js';
import { t } from '../words/words.js';

/** @param {string} text @param {string} done what is said then */
export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast(t('ops.not_copied', { text }));
  }
}
