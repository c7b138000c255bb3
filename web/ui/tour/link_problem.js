// A link that leads nowhere: what is wrong with it, and what to do.

import { html, nothing } from 'lit';
import { notice } from '../parts/notice.js';
import { t, told } from '../words/words.js';
import { codeOf } from './problems.js';

const AWAY = ['unreachable', 'timeout', 'connection_lost'];
const LATER = ['token_attempts', 'token_keys_unavailable', 'rate_limited', 'server_overloaded', 'server_full', 'draining', 'internal'];
const LINK = ['forbidden', 'bad_field']; // of a link that is for something else

/** What comes to the same thing for a person is said in the same words. @param {string} code */
function wordsFor(code) {
  if (AWAY.includes(code)) {
    return t('link.unreachable');
  }
  if (LATER.includes(code)) {
    return told('link_later', code) ?? t('link.later');
  }
  return told('link', code) ?? t(code.startsWith('token_') || LINK.includes(code) ? 'link.token_invalid' : 'link.other');
}

/**
 * @param {unknown} error @param {() => void} again
 * @param {boolean} [embedded] on a page of somebody else's, which has no front door of ours
 */
export function problemScreen(error, again, embedded = false) {
  const code = codeOf(error);
  const passes = AWAY.includes(code) || LATER.includes(code) || !told('link', code) && !code.startsWith('token_') && !LINK.includes(code);
  const title = AWAY.includes(code) ? t('link.offline.title') : passes ? t('link.later.title') : told('link', `${code}.title`) ?? t('link.title');
  return notice({
    icon: AWAY.includes(code) ? 'cut' : passes ? 'clock' : 'link',
    title,
    text: wordsFor(code),
    more: passes || embedded ? nothing : html`<a class="button" href="/">${t('link.paste')}</a>`,
    action: passes ? { label: t('try_again'), run: again } : undefined,
  });
}
