// The end of a tour for us: how it came, and the next step.

import { notice } from '../parts/notice.js';
import { t, told } from '../words/words.js';

const ICONS = /** @type {Record<string, string>} */ ({ tour_ended: 'check', left: 'leave', connection_lost: 'off',
  tour_locked: 'lock', removed: 'lock', token_revoked: 'lock' });

/** @param {{code: string, message: string}} end @param {() => void} again */
export function endScreen({ code, message }, again) {
  const known = told('end', `${code}.title`);
  const label = known ? told('end', `${code}.again`) : t('end.other.again');
  return notice({
    icon: ICONS[code] ?? 'leave',
    title: known ?? t('end.other.title'),
    text: told('end', `${code}.text`) ?? message,
    action: label ? { label, run: again } : undefined,
  });
}
