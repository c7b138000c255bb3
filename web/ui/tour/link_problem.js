// A link that leads nowhere: what is wrong with it, and what to do.

import { notice } from '../parts/notice.js';
import { t, told } from '../words/words.js';
import { codeOf } from './problems.js';

const AWAY = ['unreachable', 'timeout', 'connection_lost'];
const LATER = ['token_attempts', 'token_keys_unavailable', 'rate_limited', 'server_overloaded'];

/** What comes to the same thing for a person is said in the same words. @param {string} code */
function wordsFor(code) {
  if (LATER.includes(code)) {
    return t('link.later');
  }
  return told('link', AWAY.includes(code) ? 'unreachable' : code) ?? (code.startsWith('token_') ? t('link.token_invalid') : null);
}

/** @param {unknown} error @param {() => void} again */
export function problemScreen(error, again) {
  const code = codeOf(error);
  const away = AWAY.includes(code) || LATER.includes(code);
  return notice({
    icon: away ? 'off' : 'link',
    title: away ? t('link.offline.title') : t('link.title'),
    text: wordsFor(code) ?? (error instanceof Error ? error.message : ''),
    action: { label: t('try_again'), run: again },
  });
}
